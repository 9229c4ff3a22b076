using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>What a cross-signing key is for.</summary>
public enum CrossSigningUsage
{
    /// <summary>The user's identity; signs the other two.</summary>
    Master,

    /// <summary>Signs the user's devices.</summary>
    SelfSigning,

    /// <summary>Signs other users' master keys; nobody else sees it.</summary>
    UserSigning,
}

/// <summary>How the specification writes the usages.</summary>
public static class CrossSigningUsages
{
    public static string Name(this CrossSigningUsage usage) => usage switch
    {
        CrossSigningUsage.Master => "master",
        CrossSigningUsage.SelfSigning => "self_signing",
        _ => "user_signing",
    };

    /// <exception cref="FormatException">It is none.</exception>
    public static CrossSigningUsage Parse(string name) => name switch
    {
        "master" => CrossSigningUsage.Master,
        "self_signing" => CrossSigningUsage.SelfSigning,
        "user_signing" => CrossSigningUsage.UserSigning,
        _ => throw new FormatException($"{name} is no usage of a cross-signing key"),
    };
}

/// <summary>A public cross-signing key (Client-Server API, "Cross-signing").</summary>
/// <param name="PublicKey">Unpadded base64; it names the key too.</param>
/// <param name="Verify">The key itself.</param>
/// <param name="Json">The key object as uploaded, without <c>unsigned</c>.</param>
public sealed record CrossSigningKey(CrossSigningUsage Usage, string PublicKey, VerifyKey Verify, ReadOnlyMemory<byte> Json)
{
    private const int BytesMax = 16 * 1024;

    /// <summary>The signing key identifier, <c>ed25519:…</c>.</summary>
    public string KeyId => "ed25519:" + PublicKey;

    /// <summary>Reads a key object of that user, for that usage.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON, or M_INVALID_PARAM for a key of another user or usage, or what is no key.</exception>
    public static CrossSigningKey Read(JsonElement key, UserId user, CrossSigningUsage usage)
    {
        if (JsonMarshal.GetRawUtf8Value(key).Length > BytesMax)
        {
            throw Bad($"A cross-signing key may have {BytesMax} bytes at most");
        }

        if (JsonMembers.Text(key, "user_id") != user.Value)
        {
            throw Invalid("A cross-signing key is of another user");
        }

        var usages = JsonMembers.Array(key, "usage", 10) ?? throw Bad("usage is missing");
        if (!usages.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(usage.Name())))
        {
            throw Invalid($"The {usage.Name()} key is for another usage");
        }

        var keys = JsonMembers.Object(key, "keys") ?? throw Bad("keys is missing");
        if (keys.EnumerateObject().Count() != 1 || keys.EnumerateObject().First() is not { Value.ValueKind: JsonValueKind.String } member)
        {
            throw Invalid("A cross-signing key has exactly one key");
        }

        var text = member.Value.GetString()!;
        if (member.Name != "ed25519:" + text || text.EndsWith('=') || !UnpaddedBase64.TryDecode(text, out var bytes) || VerifyKey.TryImport(bytes) is not { } verify)
        {
            throw Invalid("A cross-signing key must be an Ed25519 key that is named by itself");
        }

        CheckSignatures(key);
        return SignedJson.CanSign(JsonMarshal.GetRawUtf8Value(key))
            ? new CrossSigningKey(usage, text, verify, KeyObjects.Without(key, "unsigned"))
            : throw Bad("A cross-signing key must be canonical JSON");
    }

    /// <summary>A stored key again.</summary>
    public static CrossSigningKey Stored(CrossSigningUsage usage, string publicKey, ReadOnlyMemory<byte> json) =>
        UnpaddedBase64.TryDecode(publicKey, out var bytes) && VerifyKey.TryImport(bytes) is { } verify
            ? new CrossSigningKey(usage, publicKey, verify, json)
            : throw new FormatException("A stored cross-signing key is no key");

    /// <summary>Whether the other is the same key object, whatever signatures they carry.</summary>
    public bool IsSame(ReadOnlySpan<byte> other) => SignedJson.SigningBytes(Json.Span).AsSpan().SequenceEqual(SignedJson.SigningBytes(other));

    /// <exception cref="MatrixException">M_BAD_JSON.</exception>
    internal static void CheckSignatures(JsonElement key)
    {
        foreach (var signer in JsonMembers.Object(key, "signatures")?.EnumerateObject() ?? [])
        {
            if (signer.Value.ValueKind != JsonValueKind.Object || signer.Value.EnumerateObject().Any(signature => signature.Value.ValueKind != JsonValueKind.String))
            {
                throw Bad("signatures must map users to objects of texts");
            }
        }
    }

    private static MatrixException Bad(string text) => new(MatrixError.BadJson, text);

    private static MatrixException Invalid(string text) => new(MatrixError.InvalidParam, text);
}
