using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Protocol.Federation;

/// <summary>The signature of a server on a request: an <c>Authorization</c> header with the scheme <c>X-Matrix</c> (Server-Server API, "Request Authentication").</summary>
/// <param name="Origin">The server that sends.</param>
/// <param name="Destination">The server that is asked; <c>null</c> from servers older than v1.3.</param>
/// <param name="KeyId">e.g. <c>ed25519:a1</c>.</param>
/// <param name="Signature">64 bytes.</param>
public sealed record XMatrix(ServerName Origin, ServerName? Destination, string KeyId, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Longest header that is read.</summary>
    public const int HeaderLengthMax = 2048;

    private const int ParametersMax = 16;
    private const string Scheme = "X-Matrix";

    /// <summary>Signs a request.</summary>
    /// <param name="uri">Path and query as they go on the wire.</param>
    /// <param name="body">JSON; <c>null</c> or empty when the request has none.</param>
    /// <exception cref="FormatException">The body is no JSON.</exception>
    public static XMatrix Sign(string method, string uri, ServerName origin, ServerName destination, ReadOnlyMemory<byte>? body, SigningKey key) =>
        new(origin, destination, key.Id, key.Sign(SigningBytes(method, uri, origin, destination, body) ?? throw new FormatException("The body is no JSON")));

    /// <summary>Whether the signature is good for this request.</summary>
    /// <param name="uri">Path and query as they came on the wire.</param>
    public bool IsGood(string method, string uri, ReadOnlyMemory<byte>? body, VerifyKey key) =>
        SigningBytes(method, uri, Origin, Destination, body) is { } bytes && key.Verify(bytes, Signature.Span);

    /// <summary>The header's value.</summary>
    public override string ToString() =>
        $"{Scheme} origin=\"{Origin}\",destination=\"{Destination}\",key=\"{KeyId}\",sig=\"{UnpaddedBase64.Encode(Signature.Span)}\"";

    /// <summary>Reads a header's value: parameters in any order, quoted or not, unknown ones ignored (RFC 9110, section 11.4).</summary>
    public static bool TryParse(string header, out XMatrix authorization)
    {
        authorization = null!;
        if (header.Length > HeaderLengthMax || !header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase) || Parameters(header.AsSpan(Scheme.Length)) is not { } values)
        {
            return false;
        }

        if (!values.TryGetValue("origin", out var origin) || !ServerName.TryParse(origin, out var server)
            || !values.TryGetValue("key", out var key) || !key.StartsWith("ed25519:", StringComparison.Ordinal)
            || !(values.TryGetValue("sig", out var text) || values.TryGetValue("signature", out text)) || !UnpaddedBase64.TryDecode(text, out var signature))
        {
            return false;
        }

        ServerName? destination = null;
        if (values.TryGetValue("destination", out var name))
        {
            if (!ServerName.TryParse(name, out var asked))
            {
                return false;
            }

            destination = asked;
        }

        authorization = new XMatrix(server, destination, key, signature);
        return true;
    }

    /// <summary>What is signed, canonical. Bodies may hold events of old room versions, whose numbers are not canonical: those stay as they are.</summary>
    private static byte[]? SigningBytes(string method, string uri, ServerName origin, ServerName? destination, ReadOnlyMemory<byte>? body)
    {
        var output = new ByteBuffer(256 + (body?.Length ?? 0));
        output.Write("{"u8);
        if (body is { Length: > 0 } json)
        {
            if (!CanonicalJson.TryEncode(json.Span, CanonicalRules.Lenient, [], out var content, out _))
            {
                return null;
            }

            output.Write("\"content\":"u8);
            output.Write(content);
            output.Write(","u8);
        }

        if (destination is { } name)
        {
            Member("destination", name.Value);
            output.Write(","u8);
        }

        Member("method", method);
        output.Write(","u8);
        Member("origin", origin.Value);
        output.Write(","u8);
        Member("uri", uri);
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();

        void Member(string key, string value)
        {
            output.Write(Encoding.UTF8.GetBytes($"\"{key}\":"));
            CanonicalJson.WriteQuoted(Encoding.UTF8.GetBytes(value), output);
        }
    }

    private static Dictionary<string, string>? Parameters(ReadOnlySpan<char> text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (true)
        {
            text = text.TrimStart(" \t,");
            if (text.IsEmpty)
            {
                return values;
            }

            var equals = text.IndexOf('=');
            if (equals <= 0 || values.Count == ParametersMax)
            {
                return null;
            }

            var name = text[..equals].Trim(" \t").ToString();
            text = text[(equals + 1)..].TrimStart(" \t");
            if (Value(ref text) is not { } value || !values.TryAdd(name, value))
            {
                return null;
            }
        }
    }

    /// <summary>Takes a token or a quoted string off the text; unquoted values may hold colons.</summary>
    private static string? Value(ref ReadOnlySpan<char> text)
    {
        if (text is not ['"', ..])
        {
            var comma = text.IndexOf(',');
            var token = (comma < 0 ? text : text[..comma]).Trim(" \t").ToString();
            text = comma < 0 ? [] : text[comma..];
            return token;
        }

        var value = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                text = text[(i + 1)..];
                return text.TrimStart(" \t") is [] or [',', ..] ? value.ToString() : null;
            }

            if (text[i] == '\\' && ++i == text.Length)
            {
                return null;
            }

            value.Append(text[i]);
        }

        return null;
    }
}
