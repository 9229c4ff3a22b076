using NSec.Cryptography;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>An Ed25519 public key of any server or device.</summary>
public sealed class VerifyKey
{
    private readonly PublicKey _key;

    private VerifyKey(PublicKey key) => _key = key;

    /// <summary>From 32 bytes; <c>null</c> when they are no key.</summary>
    public static VerifyKey? TryImport(ReadOnlySpan<byte> raw) =>
        raw.Length == 32 && PublicKey.TryImport(SignatureAlgorithm.Ed25519, raw, KeyBlobFormat.RawPublicKey, out var key) && key is not null
            ? new VerifyKey(key)
            : null;

    /// <summary>The 32 bytes.</summary>
    public byte[] Raw => _key.Export(KeyBlobFormat.RawPublicKey);

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == 64 && SignatureAlgorithm.Ed25519.Verify(_key, message, signature);
}
