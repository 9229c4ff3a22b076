using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Conformance.Client;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>One HTTP request and its answer, as a client saw them.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path without query, percent-encoded as sent.</param>
/// <param name="RequestBody">The body sent, or null.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="ContentType">The answer's media type, or null.</param>
/// <param name="ResponseBody">The answer's body as text.</param>
public sealed record Exchange(string Method, string Path, string? RequestBody, int Status, string? ContentType, string ResponseBody);

/// <summary>Says in which ways an exchange departs from the specification's OpenAPI files.</summary>
public sealed class ExchangeChecker(OperationTable operations, SchemaSource source)
{
    private static readonly Lazy<ExchangeChecker?> Shared = new(() =>
    {
        if (SpecFolder.Path is not { } folder)
        {
            return null;
        }
        SchemaSource files = new();
        return new ExchangeChecker(new OperationTable(Path.Combine(folder, "data", "api", "client-server"), files), files);
    });

    private readonly SchemaChecker _schemas = new(source);

    /// <summary>The checker over the client-server API; null when the specification is not on this machine.</summary>
    public static ExchangeChecker? ClientServer => Shared.Value;

    /// <summary>
    /// What is wrong with the exchange; empty when nothing is. A request is held to its schema only when the server took it: what tests send wrongly
    /// on purpose must be refused. Paths outside <c>/_matrix/client</c>, <c>/_matrix/media</c> and <c>/.well-known/matrix</c> are not the specification's.
    /// </summary>
    public IReadOnlyList<string> Check(Exchange exchange)
    {
        if (!exchange.Path.StartsWith("/_matrix/client/", StringComparison.Ordinal) && !exchange.Path.StartsWith("/_matrix/media/v3/", StringComparison.Ordinal)
            && exchange.Path != "/_matrix/media/v1/create" && !exchange.Path.StartsWith("/.well-known/matrix/", StringComparison.Ordinal))
        {
            return [];
        }
        Operation? operation = operations.Find(exchange.Method, exchange.Path);
        string name = $"{exchange.Method} {operation?.Path ?? exchange.Path} -> {exchange.Status}";
        return [.. Problems(exchange, operation).Select(p => $"{name}: {p}")];
    }

    private IEnumerable<string> Problems(Exchange exchange, Operation? operation)
    {
        // 502 is another server's fault.
        if (exchange.Status >= 500 && exchange.Status != 502 && operation?.ResponseSchema(exchange.Status, source) is null)
        {
            yield return $"a client must never see a server's fault: {exchange.ResponseBody}";
            yield break;
        }
        if (exchange.Status < 400 && operation?.HasOtherThanJson(exchange.Status, source) == true)
        {
            yield break;
        }
        if (!TryParse(exchange.ResponseBody, out JsonElement body))
        {
            yield return $"the body is no JSON: {exchange.ResponseBody}";
            yield break;
        }
        if (exchange.ContentType != "application/json")
        {
            yield return $"the content type is {exchange.ContentType ?? "missing"}, not application/json";
        }
        if (operation is null && IsBeyondTheSpecification(exchange.Path))
        {
            if (exchange.Status >= 400 && ErrorCode(body) is null)
            {
                yield return "an error must be an object with a string errcode";
            }
            yield break;
        }
        if (operation is null)
        {
            if (exchange.Status is not (404 or 405) || ErrorCode(body) != "M_UNRECOGNIZED")
            {
                yield return "the specification has no such operation, so it must be 404 or 405 with M_UNRECOGNIZED";
            }
            yield break;
        }
        if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("delay_id", out _))
        {
            // A send that was put off (MSC4140) has no event id yet.
            yield break;
        }
        SpecNode? schema = operation.ResponseSchema(exchange.Status, source);
        if (schema is { Exists: true } known)
        {
            foreach (string problem in _schemas.Check(operation.Id == "getEvents" ? RoomEventsOf(body) : body, known))
            {
                yield return $"answer {problem}";
            }
        }
        else if (exchange.Status >= 400)
        {
            // "Uses the User-Interactive Authentication API": some files say so in words and list no 401.
            if (ErrorCode(body) is null && !(exchange.Status == 401 && body.Has("flows") && body.Has("session")))
            {
                yield return "an error must be an object with a string errcode";
            }
        }
        else if (schema is null)
        {
            yield return "the specification lists no such status";
        }
        if (exchange.Status < 300 && exchange.RequestBody is { Length: > 0 } sent && operation.RequestSchema(source) is { Exists: true } wanted && TryParse(sent, out JsonElement request))
        {
            foreach (string problem in _schemas.Check(request, wanted))
            {
                yield return $"the server took a request that breaks the schema: {problem}";
            }
        }
    }

    /// <summary>Operations of merged or open proposals that clients use, under their unstable prefixes or their coming paths.</summary>
    private static bool IsBeyondTheSpecification(string path) =>
        path.Contains("/unstable/", StringComparison.Ordinal)
        || path == "/_matrix/client/v4/sync"
        || path.StartsWith("/_matrix/client/v1/delayed_events", StringComparison.Ordinal)
        || path.Contains("/delayed_event/", StringComparison.Ordinal);

    /// <summary>
    /// The schema of the old event stream knows events of rooms alone, but clients look there for presence, typing, receipts and account data too.
    /// </summary>
    private static JsonElement RoomEventsOf(JsonElement body)
    {
        JsonNode node = JsonNode.Parse(body.GetRawText())!;
        if (node["chunk"] is JsonArray chunk)
        {
            node["chunk"] = new JsonArray([.. chunk.Where(e => (string?)e?["type"] is not ("m.presence" or "m.typing" or "m.receipt")).Select(e => e?.DeepClone())]);
        }
        return JsonElement.Parse(node.ToJsonString());
    }

    private static string? ErrorCode(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("errcode", out JsonElement code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null;

    private static bool TryParse(string text, out JsonElement value)
    {
        try
        {
            value = JsonElement.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            value = default;
            return false;
        }
    }
}
