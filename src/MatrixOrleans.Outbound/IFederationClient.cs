namespace MatrixOrleans.Outbound;

/// <summary>Asks other homeservers (Server-Server API). The only way out for federation.</summary>
public interface IFederationClient
{
    /// <summary>Sends one request and reads its answer.</summary>
    /// <returns>The body of a 2xx answer.</returns>
    /// <exception cref="FederationException">
    /// The server cannot be found or reached, was too slow, said too much, refused, or the policy of the asking tenant forbids it.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<byte[]> Send(FederationCall call, CancellationToken cancel = default);

    /// <summary>
    /// The same for large answers: the body comes as a stream. <see cref="FederationCall.Timeout"/> is for the headers, and for each read of the body.
    /// </summary>
    /// <returns>A 2xx answer, or a redirect when the call takes them.</returns>
    /// <exception cref="FederationException">As with <see cref="Send"/>; reading the body throws it too.</exception>
    Task<FederationAnswer> Open(FederationCall call, CancellationToken cancel = default);
}
