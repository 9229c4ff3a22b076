namespace MatrixOrleans.Outbound.Web;

/// <summary>Asks services that are no homeservers. Redirects are answers like any other: nobody follows them.</summary>
public interface IWebClient
{
    /// <exception cref="WebException">There was no answer.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<WebAnswer> Send(WebCall call, CancellationToken cancel = default);
}
