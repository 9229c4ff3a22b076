using System.Globalization;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>An Argon2id hash in the PHC string format: <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>.</summary>
internal sealed record PasswordHash(int MemoryKiB, int Passes, byte[] Salt, byte[] Bytes)
{
    public const int SaltBytes = 16;

    private const int HashBytes = 32;
    private const string Prefix = "$argon2id$v=19$";

    public static PasswordHash Make(ReadOnlySpan<byte> password, byte[] salt, int memoryKiB, int passes) =>
        new(memoryKiB, passes, salt, Derive(password, salt, memoryKiB, passes));

    /// <returns><c>null</c> when the text is no such hash.</returns>
    public static PasswordHash? Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = text[Prefix.Length..].Split('$');
        if (parts.Length != 3 || parts[0].Split(',') is not [var memory, var passes, "p=1"]
            || Number(memory, "m=") is not { } memoryKiB || Number(passes, "t=") is not { } passCount
            || Base64(parts[1]) is not { Length: SaltBytes } salt || Base64(parts[2]) is not { Length: HashBytes } hash)
        {
            return null;
        }

        return new PasswordHash(memoryKiB, passCount, salt, hash);
    }

    public bool Matches(ReadOnlySpan<byte> password) => CryptographicOperations.FixedTimeEquals(Derive(password, Salt, MemoryKiB, Passes), Bytes);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}m={MemoryKiB},t={Passes},p=1${Unpadded(Salt)}${Unpadded(Bytes)}");

    private static byte[] Derive(ReadOnlySpan<byte> password, byte[] salt, int memoryKiB, int passes)
    {
        var algorithm = PasswordBasedKeyDerivationAlgorithm.Argon2id(new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = memoryKiB, NumberOfPasses = passes });
        return algorithm.DeriveBytes(password, salt, HashBytes);
    }

    private static int? Number(string text, string name) =>
        text.StartsWith(name, StringComparison.Ordinal) && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private static string Unpadded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[]? Base64(string text)
    {
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var written) ? bytes[..written] : null;
    }
}
