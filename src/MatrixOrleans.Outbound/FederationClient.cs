using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MatrixOrleans.Outbound.Connections;
using MatrixOrleans.Outbound.Discovery;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Outbound;

/// <summary>
/// One request to another homeserver: 1. may we, 2. find the server, 3. sign, 4. send to the first of its addresses that can be reached, 5. read a bounded answer.
/// HTTP/2 where the other speaks it, connections are pooled by host and certificate name.
/// </summary>
public sealed class FederationClient : IFederationClient, IDisposable
{
    /// <summary>Most bytes of an error's body.</summary>
    private const int ErrorBytesMax = 64 * 1024;

    /// <summary>Hosts of one server that are tried.</summary>
    private const int TargetsMax = 4;

    private static readonly UriCreationOptions AsIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpClient _http;
    private readonly ServerDiscovery _discovery;
    private readonly IRequestSigner _signer;
    private readonly IFederationPolicies _policies;
    private readonly ServerHealth _health;
    private readonly TimeProvider _time;

    public FederationClient(OutboundOptions options, INameLookup names, IRequestSigner signer, IFederationPolicies policies, ServerHealth health, TimeProvider time)
    {
        _http = new HttpClient(Handlers.Create(new GuardedConnector(names, options), options)) { Timeout = Timeout.InfiniteTimeSpan };
        _discovery = new ServerDiscovery(new WellKnownCache(_http, options, time), names);
        (_signer, _policies, _health, _time) = (signer, policies, health, time);
    }

    public async Task<byte[]> Send(FederationCall call, CancellationToken cancel = default)
    {
        using var timeout = new CancellationTokenSource(call.Timeout, _time);
        return await Run(call, timeout, Answer, cancel).ConfigureAwait(false);

        async Task<byte[]> Answer(CancellationToken both)
        {
            using var response = await Ask(call, both).ConfigureAwait(false);
            return await BoundedBody.Read(response.Content, call.BytesMax, both).ConfigureAwait(false);
        }
    }

    public async Task<FederationAnswer> Open(FederationCall call, CancellationToken cancel = default)
    {
        using var timeout = new CancellationTokenSource(call.Timeout, _time);
        return await Run(call, timeout, async both => new FederationAnswer(call, await Ask(call, both).ConfigureAwait(false), _time), cancel).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>1. May we? And what a failure is.</summary>
    private async Task<T> Run<T>(FederationCall call, CancellationTokenSource timeout, Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        if (!_policies.Of(call.Origin).Permits(call.Destination))
        {
            throw Failed(call, FederationFailure.Forbidden, $"{call.Origin} does not federate with this server");
        }

        if (!call.EvenIfResting && _health.IsResting(call.Destination))
        {
            throw Failed(call, FederationFailure.Unreachable, "the server did not answer lately");
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            return await ask(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _health.Failed(call.Destination);
            throw Failed(call, FederationFailure.Unreachable, $"no answer within {call.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException failure)
        {
            _health.Failed(call.Destination);
            throw Failed(call, FederationFailure.Unreachable, failure.InnerException?.Message ?? failure.Message, failure);
        }
        catch (IOException failure)
        {
            throw Failed(call, FederationFailure.BadAnswer, failure.Message, failure);
        }
    }

    private async Task<HttpResponseMessage> Ask(FederationCall call, CancellationToken cancel)
    {
        // 2. Where is it?
        var location = await _discovery.Find(call.Destination, cancel).ConfigureAwait(false);

        // 3. The signature is over server names as they are, not as they are delegated.
        var authorization = call.Signed
            ? XMatrix.Sign(call.Method.Method, call.PathAndQuery, call.Origin, call.Destination, call.Body, _signer.KeyOf(call.Origin)).ToString()
            : null;
        var response = await SendToAny(call, location, authorization, cancel).ConfigureAwait(false);

        // 5. Whatever it says, it lives.
        _health.Lives(call.Destination);
        if (response.IsSuccessStatusCode || (call.Redirects && response.Headers.Location is not null))
        {
            return response;
        }

        using (response)
        {
            throw await Refused(call, response, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>4. The next host is tried only when the request cannot have arrived at the one before.</summary>
    private async Task<HttpResponseMessage> SendToAny(FederationCall call, ServerLocation location, string? authorization, CancellationToken cancel)
    {
        var targets = location.Targets.Take(TargetsMax).ToList();
        for (var i = 0; ; i++)
        {
            try
            {
                using var request = Request(call, location.HostHeader, targets[i], authorization);
                return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            }
            catch (HttpRequestException failure) when (i + 1 < targets.Count && failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private static HttpRequestMessage Request(FederationCall call, string host, ServiceTarget target, string? authorization)
    {
        var name = target.Host.Contains(':', StringComparison.Ordinal) && target.Host[0] != '[' ? $"[{target.Host}]" : target.Host;
        if (!Uri.TryCreate($"https://{name}:{target.Port}{call.PathAndQuery}", AsIs, out var url))
        {
            throw new HttpRequestException($"'{name}:{target.Port}' is no place to connect to");
        }

        var request = new HttpRequestMessage(call.Method, url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("User-Agent", "MatrixOrleans");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (call.Body is { Length: > 0 } body)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }

    private static async Task<FederationException> Refused(FederationCall call, HttpResponseMessage response, CancellationToken cancel)
    {
        byte[] body = [];
        try
        {
            body = await BoundedBody.Read(response.Content, ErrorBytesMax, cancel).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The status alone says that it failed.
        }

        var (code, text) = Error(body);
        return new FederationException(call.Destination, call.Operation, FederationFailure.Refused, $"{(int)response.StatusCode} {code} {text}".TrimEnd())
        {
            Status = (int)response.StatusCode,
            ErrorCode = code,
            Body = body,
        };
    }

    private static (string? Code, string? Text) Error(byte[] body)
    {
        try
        {
            var root = JsonElement.Parse(body);
            return (Text(root, "errcode"), Text(root, "error"));
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            return default;
        }

        static string? Text(JsonElement root, string name) =>
            root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static FederationException Failed(FederationCall call, FederationFailure failure, string text, Exception? cause = null) =>
        new(call.Destination, call.Operation, failure, text, cause);
}
