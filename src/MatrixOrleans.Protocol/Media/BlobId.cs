using Orleans;

namespace MatrixOrleans.Protocol.Media;

/// <summary>Names bytes by what they are: their SHA-256, 64 lower-case hexadecimal digits.</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.BlobId")]
public readonly record struct BlobId
{
    private BlobId(string value) => Value = value;

    [Id(0)]
    public string Value { get; }

    /// <summary>Of a SHA-256.</summary>
    public static BlobId Of(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, 32);
        return new BlobId(Convert.ToHexStringLower(sha256));
    }

    /// <exception cref="FormatException">Not 64 lower-case hexadecimal digits.</exception>
    public static BlobId Parse(string text) =>
        text.Length == 64 && !text.AsSpan().ContainsAnyExcept("0123456789abcdef") ? new BlobId(text) : throw new FormatException($"Not a blob id: '{text}'");

    public override string ToString() => Value ?? "";
}
