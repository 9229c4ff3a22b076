using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Gateway.Http;

/// <summary>One request as an operation sees it: who asks, the parameters, the body, and the grains.</summary>
public sealed class ClientRequest
{
    /// <summary>The largest integer of canonical JSON.</summary>
    private const long EventTimeMax = (1L << 53) - 1;

    private readonly Session? _session;
    private readonly IReadOnlyDictionary<string, string> _path;
    private JsonElement? _body;

    internal ClientRequest(HttpContext http, IGrainFactory grains, GatewayOptions options, ServerName tenant, Session? session, IReadOnlyDictionary<string, string> path, byte[]? accessTokenHash)
    {
        Http = http;
        Grains = grains;
        Options = options;
        Tenant = tenant;
        _session = session;
        _path = path;
        AccessTokenHash = accessTokenHash;
    }

    public HttpContext Http { get; }

    public IGrainFactory Grains { get; }

    public GatewayOptions Options { get; }

    /// <summary>The homeserver that is asked: of the token's user, else by the request's host.</summary>
    public ServerName Tenant { get; }

    /// <summary>Present for every operation that needs a log-in.</summary>
    public Session Session => _session ?? throw new MatrixException(MatrixError.MissingToken, "Missing access token");

    public Session? OptionalSession => _session;

    public UserId User => Session.User;

    /// <summary>The application service that asks; <c>null</c>: somebody else does.</summary>
    public ApplicationService? AppService =>
        _session?.AppServiceId is { } id ? Http.RequestServices.GetRequiredService<ApplicationServiceList>().Get(id) : null;

    public ApplicationServiceList AppServices => Http.RequestServices.GetRequiredService<ApplicationServiceList>();

    /// <summary>
    /// The application service whose token came with a request that anybody may make (registering and logging in).
    /// </summary>
    /// <exception cref="MatrixException">M_MISSING_TOKEN, M_UNKNOWN_TOKEN</exception>
    public ApplicationService RequireAppService() => EndpointRunner.Token(Http.Request, Options) is { Length: > 0 } token
        ? AppServices.OfToken(token) ?? throw new MatrixException(MatrixError.UnknownToken, "Unknown application service token")
        : throw new MatrixException(MatrixError.MissingToken, "Missing application service token");

    /// <summary>The time that the event is to have, which application services may choose (Application Service API, "Timestamp massaging").</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public long? EventTime
    {
        get
        {
            if (_session?.AppServiceId is null || Query("ts") is not { } text)
            {
                return null;
            }

            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ts) && ts <= EventTimeMax
                ? ts
                : throw new MatrixException(MatrixError.InvalidParam, "ts must be a time in milliseconds since 1970");
        }
    }

    /// <summary>SHA-256 of the access token that came with the request.</summary>
    public byte[]? AccessTokenHash { get; }

    public TimeProvider Time => Http.RequestServices.GetRequiredService<TimeProvider>();

    /// <summary>Something that the gateway's operations share.</summary>
    public T Service<T>()
        where T : notnull => Http.RequestServices.GetRequiredService<T>();

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>The client's address, for sessions and rate limits.</summary>
    public string RemoteAddress => Http.Connection.RemoteIpAddress?.ToString() ?? "";

    public string UserAgent => Http.Request.Headers.UserAgent.ToString();

    /// <summary>A path parameter, percent-decoded; empty when an optional last segment is missing.</summary>
    public string Path(string name) => _path.GetValueOrDefault(name, "");

    public RoomId RoomId => RoomId.FromRequest(Path("roomId"));

    /// <summary>A query parameter; <c>null</c> when it is missing.</summary>
    public string? Query(string name) => Http.Request.Query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    public IReadOnlyList<string> QueryAll(string name) =>
        Http.Request.Query.TryGetValue(name, out var values) ? [.. values.Where(v => v is not null).Select(v => v!)] : [];

    /// <summary>A boolean query parameter.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM when it is neither <c>true</c> nor <c>false</c>.</exception>
    public bool QueryFlag(string name, bool missing = false) => Query(name) switch
    {
        null => missing,
        "true" => true,
        "false" => false,
        _ => throw new MatrixException(MatrixError.InvalidParam, $"{name} must be true or false"),
    };

    /// <summary>An integer query parameter, clamped to the bounds.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM when it is no integer or negative.</exception>
    public int QueryInteger(string name, int missing, int max)
    {
        if (Query(name) is not { } text)
        {
            return missing;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < 0)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"{name} must be a non-negative integer");
        }

        return (int)Math.Min(value, max);
    }

    /// <summary>The body as a JSON object, strictly read.</summary>
    /// <exception cref="MatrixException">M_NOT_JSON, M_BAD_JSON (no object), M_TOO_LARGE.</exception>
    public ValueTask<JsonElement> JsonObject() => ReadOnce(emptyIsObject: false);

    /// <summary>The same for operations whose body may be left out: an empty one is <c>{}</c>.</summary>
    public ValueTask<JsonElement> OptionalJsonObject() => ReadOnce(emptyIsObject: true);

    private async ValueTask<JsonElement> ReadOnce(bool emptyIsObject) =>
        _body ??= await RequestBody.ReadObject(Http.Request, Options.BodyBytesMax, emptyIsObject);

    /// <summary>The body as a record.</summary>
    /// <exception cref="MatrixException">M_NOT_JSON, M_BAD_JSON, M_TOO_LARGE.</exception>
    public async ValueTask<T> Body<T>(bool optional = false)
    {
        return RequestBody.Read<T>(optional ? await OptionalJsonObject() : await JsonObject());
    }
}
