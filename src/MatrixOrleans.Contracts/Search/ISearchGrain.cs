using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Search;

/// <summary>Finds things in the rooms of a user (Client-Server API, "Server Side Search"); a stateless worker, key 0.</summary>
[Alias("ISearchGrain")]
public interface ISearchGrain : IGrainWithIntegerKey
{
    /// <param name="body">The request's body, a JSON object.</param>
    /// <param name="nextBatch">The token of the page before, or of a group.</param>
    /// <returns>The answer as JSON.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON, M_MISSING_PARAM, M_INVALID_PARAM</exception>
    [Alias("Search")]
    ValueTask<ReadOnlyMemory<byte>> Search(Viewer viewer, [Immutable] ReadOnlyMemory<byte> body, string? nextBatch);

    /// <summary>An event of which only the id is known, from a room in which the user may see it.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND when it does not exist or may not be seen, in the same words.</exception>
    [Alias("Event")]
    ValueTask<ReadOnlyMemory<byte>> Event(Viewer viewer, EventId id);
}
