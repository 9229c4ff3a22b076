using System.Text.Json;

namespace MatrixOrleans.Conformance.Client;

/// <summary>An answer of the server under test.</summary>
/// <param name="Request">Method and path, for messages.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The JSON body; undefined when the body is no JSON.</param>
/// <param name="Text">The body as text.</param>
/// <param name="Headers">The answer's headers.</param>
public sealed record Answer(string Request, int Status, JsonElement Body, string Text, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The error code, or null.</summary>
    public string? Errcode => Status >= 400 && Body.Has("errcode") ? Body.Str("errcode") : null;

    /// <summary>The body of an answer that must be 200.</summary>
    /// <exception cref="UnavailableException">The server says that it cannot answer just now.</exception>
    public JsonElement Ok()
    {
        if (Status is 503 or 504)
        {
            throw new UnavailableException($"{Request}: {Status} {Text}");
        }
        Assert.True(Status == 200, $"{Request}: 200 expected, got {Status} {Text}");
        return Body;
    }

    /// <summary>The body of an answer that must have this status and error code.</summary>
    public JsonElement Fails(int status, string errcode)
    {
        Assert.True(Status == status && Errcode == errcode, $"{Request}: {status} {errcode} expected, got {Status} {Text}");
        return Body;
    }

    /// <summary>The body of an answer that must have this status and one of these error codes.</summary>
    public JsonElement FailsWithOneOf(int status, params string[] errcodes)
    {
        Assert.True(Status == status && errcodes.Contains(Errcode), $"{Request}: {status} {string.Join(" or ", errcodes)} expected, got {Status} {Text}");
        return Body;
    }

    /// <summary>A room that the server does not know is told like one that the user is not in: 403 M_FORBIDDEN, or 404 M_NOT_FOUND.</summary>
    public void FailsOnUnknownRoom() =>
        Assert.True((Status, Errcode) is (403, "M_FORBIDDEN") or (404, "M_NOT_FOUND"), $"{Request}: 403 M_FORBIDDEN or 404 M_NOT_FOUND expected, got {Status} {Text}");
}

/// <summary>The server answered 503 or 504: it is stopping, starting or overloaded, and the request may be made again.</summary>
public sealed class UnavailableException(string message) : Exception(message);
