using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>The body of <c>POST /pushers/set</c>, checked.</summary>
public sealed record PusherRequest
{
    public const string Http = "http";

    /// <summary>Longest app id, in characters.</summary>
    public const int AppIdLengthMax = 64;

    /// <summary>Longest pushkey.</summary>
    public const int PushKeyBytesMax = 512;

    /// <summary>Longest display name, tag and language, in characters.</summary>
    public const int TextLengthMax = 255;

    /// <summary>Most bytes of <c>data</c>.</summary>
    public const int DataBytesMax = 8 * 1024;

    /// <summary>Where every push gateway is asked.</summary>
    private const string GatewayPath = "/_matrix/push/v1/notify";

    /// <summary><c>null</c>: the pusher is to be removed.</summary>
    public required string? Kind { get; init; }

    public required string AppId { get; init; }

    public required string PushKey { get; init; }

    public string AppDisplayName { get; init; } = "";

    public string DeviceDisplayName { get; init; } = "";

    public string? ProfileTag { get; init; }

    public string Lang { get; init; } = "";

    /// <summary>The <c>data</c> object as it came.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>MSC3881: a pusher that is switched off is told nothing.</summary>
    public bool Enabled { get; init; } = true;

    public bool Append { get; init; }

    /// <param name="httpAllowed">Take gateways without TLS; for tests and closed networks.</param>
    /// <exception cref="MatrixException">M_MISSING_PARAM, M_BAD_JSON or M_INVALID_PARAM</exception>
    public static PusherRequest Read(JsonElement body, bool httpAllowed)
    {
        if (!body.TryGetProperty("kind"u8, out var kind))
        {
            throw new MatrixException(MatrixError.MissingParam, "kind is missing");
        }

        var request = new PusherRequest
        {
            Kind = kind.ValueKind == JsonValueKind.Null ? null : JsonMembers.Text(body, "kind"),
            AppId = Required(body, "app_id", AppIdLengthMax),
            PushKey = Required(body, "pushkey", PushKeyBytesMax),
        };
        if (Encoding.UTF8.GetByteCount(request.PushKey) > PushKeyBytesMax)
        {
            throw Invalid($"pushkey has more than {PushKeyBytesMax} bytes");
        }

        if (request.Kind is null)
        {
            return request;
        }

        if (request.Kind != Http)
        {
            throw Invalid("There are only pushers of the kind http here");
        }

        if (JsonMembers.Object(body, "data") is not { } data)
        {
            throw new MatrixException(MatrixError.MissingParam, "data is missing");
        }

        CheckUrl(data, httpAllowed);
        var bytes = JsonMarshal.GetRawUtf8Value(data);
        if (bytes.Length > DataBytesMax)
        {
            throw Invalid($"data has more than {DataBytesMax} bytes");
        }

        return request with
        {
            AppDisplayName = Required(body, "app_display_name", TextLengthMax),
            DeviceDisplayName = Required(body, "device_display_name", TextLengthMax),
            Lang = Required(body, "lang", TextLengthMax),
            ProfileTag = JsonMembers.Text(body, "profile_tag") is { } tag ? Bounded(tag, "profile_tag", TextLengthMax) : null,
            Data = bytes.ToArray(),
            Enabled = !body.TryGetProperty("org.matrix.msc3881.enabled"u8, out _) || JsonMembers.Flag(body, "org.matrix.msc3881.enabled"),
            Append = JsonMembers.Flag(body, "append"),
        };
    }

    private static void CheckUrl(JsonElement data, bool httpAllowed)
    {
        var text = JsonMembers.Text(data, "url") ?? throw new MatrixException(MatrixError.MissingParam, "data.url is missing");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !(url.Scheme == Uri.UriSchemeHttps || (httpAllowed && url.Scheme == Uri.UriSchemeHttp)))
        {
            throw Invalid("data.url must be an https URL");
        }

        if (url.AbsolutePath != GatewayPath || url.UserInfo.Length > 0)
        {
            throw Invalid($"data.url must have the path {GatewayPath}");
        }
    }

    private static string Required(JsonElement body, string name, int lengthMax) =>
        Bounded(JsonMembers.Text(body, name) ?? throw new MatrixException(MatrixError.MissingParam, $"{name} is missing"), name, lengthMax);

    private static string Bounded(string text, string name, int lengthMax) =>
        text.Length <= lengthMax ? text : throw Invalid($"{name} has more than {lengthMax} characters");

    private static MatrixException Invalid(string text) => new(MatrixError.InvalidParam, text);
}
