using System.Buffers.Text;
using System.Globalization;
using System.Text;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Grains.Search;

/// <summary>Where a list of results goes on: the whole list, or that of one group.</summary>
/// <param name="Key"><c>room_id</c>, <c>sender</c>, or empty.</param>
internal readonly record struct SearchToken(int Offset, string Key, string Value)
{
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static SearchToken Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return new SearchToken(0, "", "");
        }

        return Base64Url.IsValid(text) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 3) is [var offset, var key, var value]
            && (key is "" or "room_id" or "sender")
            && int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                ? new SearchToken(at, key, value)
                : throw new MatrixException(MatrixError.InvalidParam, "next_batch is not a token of this server");
    }

    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Offset} {Key} {Value}")));
}
