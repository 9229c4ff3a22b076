using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>One request of another server as an operation sees it: who asks whom, the parameters, the body, and the grains.</summary>
public sealed class ServerRequest
{
    private readonly ServerName? _origin;
    private readonly IReadOnlyDictionary<string, string> _path;

    internal ServerRequest(HttpContext http, IGrainFactory grains, GatewayOptions options, ServerName destination, ServerName? origin, IReadOnlyDictionary<string, string> path, JsonElement? body)
    {
        Http = http;
        Grains = grains;
        Options = options;
        Destination = destination;
        _origin = origin;
        _path = path;
        OptionalBody = body;
    }

    public HttpContext Http { get; }

    public IGrainFactory Grains { get; }

    public GatewayOptions Options { get; }

    /// <summary>The tenant that is asked: as the signed request says, else by its host. Answers are given as this server and no other.</summary>
    public ServerName Destination { get; }

    /// <summary>The server that asks, proved by its signature. Present for every operation but those for anybody.</summary>
    public ServerName Origin => _origin ?? throw new MatrixException(MatrixError.Unauthorized, "Missing X-Matrix authorization");

    /// <summary>The body, strictly read; <c>null</c> when there is none.</summary>
    public JsonElement? OptionalBody { get; }

    /// <summary>The body as a JSON object.</summary>
    /// <exception cref="MatrixException">M_NOT_JSON when there is none, M_BAD_JSON when it is no object.</exception>
    public JsonElement JsonObject => OptionalBody switch
    {
        null => throw new MatrixException(MatrixError.NotJson, "The request has no body"),
        { ValueKind: JsonValueKind.Object } body => body,
        _ => throw new MatrixException(MatrixError.BadJson, "The body must be a JSON object"),
    };

    public TimeProvider Time => Http.RequestServices.GetRequiredService<TimeProvider>();

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>A path parameter, percent-decoded.</summary>
    public string Path(string name) => _path.GetValueOrDefault(name, "");

    public RoomId RoomId => RoomId.FromRequest(Path("roomId"));

    /// <summary>A query parameter; <c>null</c> when it is missing.</summary>
    public string? Query(string name) => Http.Request.Query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    public IReadOnlyList<string> QueryAll(string name) =>
        Http.Request.Query.TryGetValue(name, out var values) ? [.. values.Where(v => v is not null).Select(v => v!)] : [];

    /// <summary>An integer query parameter, clamped to the bounds.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM when it is no integer or negative.</exception>
    public int QueryInteger(string name, int missing, int max)
    {
        if (Query(name) is not { } text)
        {
            return missing;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? (int)Math.Min(value, max)
            : throw new MatrixException(MatrixError.InvalidParam, $"{name} must be a non-negative integer");
    }

    /// <summary>The body as a record.</summary>
    /// <exception cref="MatrixException">M_NOT_JSON, M_BAD_JSON.</exception>
    public T Body<T>() => RequestBody.Read<T>(JsonObject);
}
