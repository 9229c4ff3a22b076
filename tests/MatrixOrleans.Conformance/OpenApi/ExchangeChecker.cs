using System.Text.Json;

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
    /// on purpose must be refused. Paths outside <c>/_matrix/client</c> and <c>/.well-known/matrix</c> are not the specification's.
    /// </summary>
    public IReadOnlyList<string> Check(Exchange exchange)
    {
        if (!exchange.Path.StartsWith("/_matrix/client/", StringComparison.Ordinal) && !exchange.Path.StartsWith("/.well-known/matrix/", StringComparison.Ordinal))
        {
            return [];
        }
        Operation? operation = operations.Find(exchange.Method, exchange.Path);
        string name = $"{exchange.Method} {operation?.Path ?? exchange.Path} -> {exchange.Status}";
        return [.. Problems(exchange, operation).Select(p => $"{name}: {p}")];
    }

    private IEnumerable<string> Problems(Exchange exchange, Operation? operation)
    {
        if (exchange.Status >= 500)
        {
            yield return $"a client must never see a server's fault: {exchange.ResponseBody}";
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
        if (operation is null && IsBesideTheSpecification(exchange.Path))
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
        SpecNode? schema = operation.ResponseSchema(exchange.Status, source);
        if (schema is { Exists: true } known)
        {
            foreach (string problem in _schemas.Check(body, known))
            {
                yield return $"answer {problem}";
            }
        }
        else if (exchange.Status >= 400)
        {
            if (ErrorCode(body) is null)
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

    /// <summary>Proposals that clients use and the specification does not list.</summary>
    private static bool IsBesideTheSpecification(string path) =>
        path.StartsWith("/_matrix/client/unstable/", StringComparison.Ordinal) || path == "/_matrix/client/v4/sync";

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
