using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>A secret that a client gets and the database knows only the hash of.</summary>
/// <param name="Text">What the client gets: a prefix that says what it is (so that leaks can be searched for) and 32 random bytes.</param>
/// <param name="Hash">SHA-256 of the text.</param>
internal readonly record struct Token(string Text, byte[] Hash)
{
    private const int SecretBytes = 32;

    public static Token Access() => Make("mo_at_");

    public static Token Refresh() => Make("mo_rt_");

    public static Token LogIn() => Make("mo_lt_");

    private static Token Make(string prefix)
    {
        var text = prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return new Token(text, SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
