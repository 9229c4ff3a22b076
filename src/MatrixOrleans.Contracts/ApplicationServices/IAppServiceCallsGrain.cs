using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.ApplicationServices;

/// <summary>Asks an application service; key: its id.</summary>
[Alias("IAppServiceCallsGrain")]
public interface IAppServiceCallsGrain : IGrainWithStringKey
{
    /// <summary>Whether the user exists there. If so, the application service has made the account meanwhile.</summary>
    [Alias("HasUser")]
    ValueTask<bool> HasUser(UserId user);

    /// <summary>Whether the alias exists there. If so, the application service has made room and alias meanwhile.</summary>
    [Alias("HasAlias")]
    ValueTask<bool> HasAlias(RoomAlias alias);

    [Alias("Ping")]
    ValueTask<PingOutcome> Ping(string? transactionId);

    /// <summary>A look-up in third-party networks.</summary>
    /// <param name="pathAndQuery">Behind <c>/thirdparty/</c>, percent-encoded.</param>
    /// <returns>The JSON of the answer; <c>null</c> when the application service knows nothing, or cannot be asked.</returns>
    [Alias("ThirdParty")]
    ValueTask<ReadOnlyMemory<byte>?> ThirdParty(string pathAndQuery);
}

/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">0 when there was no answer.</param>
/// <param name="Body">Of an answer that is no success.</param>
[GenerateSerializer, Immutable, Alias("PingOutcome")]
public sealed record PingOutcome([property: Id(0)] long DurationMs, [property: Id(1)] int Status, [property: Id(2)] string Body);
