using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Protocol.Users;

/// <summary>What a profile may hold (Client-Server API, "Profiles"; MSC4133).</summary>
public static class ProfileFields
{
    public const string DisplayName = "displayname";
    public const string AvatarUrl = "avatar_url";
    public const string TimeZone = "m.tz";

    /// <summary>The whole profile, as one JSON object, stays below this.</summary>
    public const int ProfileBytesMax = 65_536;

    public const int KeyBytesMax = 255;

    /// <summary>Longest display name in UTF-16 characters: it goes into member events and every list of names.</summary>
    public const int DisplayNameLengthMax = 256;

    public const int AvatarUrlLengthMax = 1_000;

    public const int TimeZoneLengthMax = 255;

    private static readonly MatrixError ProfileTooLarge = new("M_PROFILE_TOO_LARGE", 400);
    private static readonly MatrixError KeyTooLarge = new("M_KEY_TOO_LARGE", 400);

    /// <summary>Whether a change of this field goes into the user's member events.</summary>
    public static bool InMemberEvents(string key) => key is DisplayName or AvatarUrl;

    /// <summary>Checks a field's name: one of the defined ones, or a custom one of the Common Namespaced Identifier Grammar.</summary>
    /// <exception cref="MatrixException">M_KEY_TOO_LARGE, M_INVALID_PARAM</exception>
    public static void CheckKey(string key)
    {
        if (key.Length > KeyBytesMax || Encoding.UTF8.GetByteCount(key) > KeyBytesMax)
        {
            throw new MatrixException(KeyTooLarge, $"A profile key is at most {KeyBytesMax} bytes");
        }

        if (key is not (DisplayName or AvatarUrl or TimeZone) && !IsNamespaced(key))
        {
            throw new MatrixException(MatrixError.InvalidParam, "Invalid profile key");
        }
    }

    /// <summary>Checks a field's value.</summary>
    /// <param name="json">JSON, or <c>null</c> for a field that is to go.</param>
    /// <returns>What to keep: <c>null</c> where the value says that the field is to go.</returns>
    /// <exception cref="MatrixException">M_BAD_JSON for the wrong type, M_INVALID_PARAM for a wrong value.</exception>
    public static ReadOnlyMemory<byte>? CheckValue(string key, ReadOnlyMemory<byte>? json)
    {
        if (json is not { } value || key is not (DisplayName or AvatarUrl or TimeZone))
        {
            return json;
        }

        var element = JsonElement.Parse(value.Span);
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (element.ValueKind != JsonValueKind.String)
        {
            throw new MatrixException(MatrixError.BadJson, $"{key} must be a string");
        }

        var text = Text(element, key);
        if (text.Length == 0)
        {
            // Clients of before DELETE existed take a name or picture away like this.
            return null;
        }

        if (text.Length > LengthMax(key))
        {
            throw new MatrixException(MatrixError.InvalidParam, $"{key} is longer than {LengthMax(key)} characters");
        }

        if (key == AvatarUrl && !text.StartsWith("mxc://", StringComparison.Ordinal))
        {
            throw new MatrixException(MatrixError.InvalidParam, "avatar_url must be an mxc:// URI");
        }

        return value;
    }

    /// <summary>Checks the size that the whole profile would have.</summary>
    /// <exception cref="MatrixException">M_PROFILE_TOO_LARGE</exception>
    public static void CheckSize(IEnumerable<(string Key, ReadOnlyMemory<byte> Json)> fields)
    {
        // Braces, and for each field its quoted key, the colon and the comma.
        long bytes = 2;
        foreach (var (key, json) in fields)
        {
            bytes += Encoding.UTF8.GetByteCount(key) + json.Length + 4;
        }

        if (bytes >= ProfileBytesMax)
        {
            throw new MatrixException(ProfileTooLarge, "The profile would be larger than 64 KiB");
        }
    }

    /// <summary>The text of a JSON string; <c>null</c> without one.</summary>
    public static string? TextOf(ReadOnlyMemory<byte>? json)
    {
        if (json is not { } value)
        {
            return null;
        }

        var element = JsonElement.Parse(value.Span);
        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }

    private static int LengthMax(string key) => key switch
    {
        DisplayName => DisplayNameLengthMax,
        AvatarUrl => AvatarUrlLengthMax,
        _ => TimeZoneLengthMax,
    };

    private static string Text(JsonElement element, string key)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new MatrixException(MatrixError.BadJson, $"{key} is not valid Unicode");
        }
    }

    /// <summary>Appendices, "Common Namespaced Identifier Grammar", with a namespace.</summary>
    private static bool IsNamespaced(string key)
    {
        if (key.Length == 0 || !char.IsAsciiLetterLower(key[0]) || key[^1] == '.' || !key.Contains('.') || key.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var c in key)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
