using System.Net;
using System.Net.Http.Headers;
using MatrixOrleans.Outbound.Connections;
using MatrixOrleans.Outbound.Discovery;

namespace MatrixOrleans.Outbound.Web;

/// <summary>
/// Asks over pooled connections: one pool for the URLs of users, which reach the public internet only, and one for those of the configuration.
/// </summary>
public sealed class WebClient : IWebClient, IDisposable
{
    private readonly HttpClient _guarded;
    private readonly HttpClient _trusted;
    private readonly TimeProvider _time;

    public WebClient(OutboundOptions options, INameLookup names, TimeProvider time)
    {
        var trusted = new OutboundOptions
        {
            PrivateAddressesAllowed = true,
            Authorities = options.Authorities,
            AuthoritiesByHost = options.AuthoritiesByHost,
            ClientCertificates = options.ClientCertificates,
            ConnectTimeout = options.ConnectTimeout,
            ConnectionsPerServerMax = options.ConnectionsPerServerMax,
        };
        (_guarded, _trusted, _time) = (Client(options, names), Client(trusted, names), time);
    }

    public async Task<WebAnswer> Send(WebCall call, CancellationToken cancel = default)
    {
        using var timeout = new CancellationTokenSource(call.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            using var request = Request(call);
            using var response = await (call.IsTrusted ? _trusted : _guarded).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            return new WebAnswer((int)response.StatusCode, await BoundedBody.Read(response.Content, call.BytesMax, both.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new WebException($"no answer within {call.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new WebException(failure.InnerException?.Message ?? failure.Message, failure);
        }
    }

    public void Dispose()
    {
        _guarded.Dispose();
        _trusted.Dispose();
    }

    private static HttpClient Client(OutboundOptions options, INameLookup names) =>
        new(Handlers.Create(new GuardedConnector(names, options), options)) { Timeout = Timeout.InfiniteTimeSpan };

    private static HttpRequestMessage Request(WebCall call)
    {
        var request = new HttpRequestMessage(call.Method, call.Url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        request.Headers.TryAddWithoutValidation("User-Agent", "MatrixOrleans");
        if (call.BearerToken is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (call.Body is { } body)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }
}
