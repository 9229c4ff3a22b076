namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>One operation of the specification: a method and a path with <c>{parameters}</c>.</summary>
/// <param name="Id">The <c>operationId</c>.</param>
/// <param name="Method">The HTTP method, upper case.</param>
/// <param name="Path">The whole path, base path included, e.g. <c>/_matrix/client/v3/rooms/{roomId}/join</c>.</param>
/// <param name="Area">The OpenAPI file's name without its ending, e.g. <c>room_state</c>.</param>
/// <param name="Node">The operation's description.</param>
public sealed record Operation(string Id, string Method, string Path, string Area, SpecNode Node)
{
    private readonly string[] _segments = Path.Split('/');

    /// <summary>The schema of a JSON answer with this status: null when the status is not listed; an empty node when it is, without a JSON schema.</summary>
    public SpecNode? ResponseSchema(int status, SchemaSource source)
    {
        SpecNode response = Node["responses"][status.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        return response.Exists ? source.Resolve(response)["content"]["application/json"]["schema"] : null;
    }

    /// <summary>Whether an answer with this status is bytes of some kind: it is listed with content that is no JSON, or is a part or a repetition of such an answer.</summary>
    public bool HasOtherThanJson(int status, SchemaSource source)
    {
        SpecNode response = Node["responses"][status is 206 or 304 ? "200" : status.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        return response.Exists && source.Resolve(response)["content"] is { Exists: true } content && content.Members().All(m => m.Key != "application/json");
    }

    /// <summary>The schema of the JSON body that this operation takes, or an empty node.</summary>
    public SpecNode RequestSchema(SchemaSource source) => source.Resolve(Node["requestBody"])["content"]["application/json"]["schema"];

    /// <summary>
    /// How well a request path fits: the number of literal segments, or -1 when it does not. A state key, when last, may be left out together with its slash
    /// (<c>PUT /rooms/{roomId}/state/{eventType}/{stateKey}</c>).
    /// </summary>
    public int Fit(string[] segments)
    {
        bool keyLeftOut = segments.Length == _segments.Length - 1 && _segments[^1] == "{stateKey}";
        if (segments.Length != _segments.Length && !keyLeftOut)
        {
            return -1;
        }
        int literals = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            if (_segments[i] is ['{', .., '}'])
            {
                continue;
            }
            if (_segments[i] != segments[i])
            {
                return -1;
            }
            literals++;
        }
        return literals;
    }
}
