using System.Buffers.Text;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>Base64 without padding, standard or URL-safe alphabet (Appendices, "Unpadded Base64").</summary>
public static class UnpaddedBase64
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    public static string EncodeUrlSafe(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>Takes padding too, as others do; standard alphabet.</summary>
    public static bool TryDecode(string? text, out byte[] bytes)
    {
        bytes = [];
        if (text is null)
        {
            return false;
        }

        var trimmed = text.TrimEnd('=');
        if (trimmed.Length % 4 == 1 || trimmed.AsSpan().ContainsAny(" \t\r\n"))
        {
            return false;
        }

        var padded = trimmed.PadRight((trimmed.Length + 3) / 4 * 4, '=');
        var buffer = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, buffer, out var length))
        {
            return false;
        }

        bytes = buffer[..length];
        return true;
    }
}
