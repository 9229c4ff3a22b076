using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Federation.Rooms;

/// <summary>What requests about one room share.</summary>
internal static class Asked
{
    /// <summary>Most ids that one request names.</summary>
    public const int IdsMax = 100;

    public static ServerAsker Asker(this ServerRequest request) => new(request.Origin, request.Destination);

    public static IResidentGrain Resident(this ServerRequest request) => request.Grains.GetGrain<IResidentGrain>(request.RoomId.Value);

    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static EventId EventId(string? text) =>
        Protocol.Identifiers.EventId.TryParse(text, out var id) ? id : throw new MatrixException(MatrixError.InvalidParam, "Not a valid event ID");

    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static UserId UserId(string text) =>
        Protocol.Identifiers.UserId.TryParse(text, out var id) ? id : throw new MatrixException(MatrixError.InvalidParam, "Not a valid user ID");

    /// <summary>The body's bytes as they stand: an event, whose hash depends on them.</summary>
    public static ReadOnlyMemory<byte> Raw(System.Text.Json.JsonElement json) => System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(json).ToArray();
}
