using MatrixOrleans.Protocol.Identifiers;
using NSec.Cryptography;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>An Ed25519 key of ours that signs events and requests (Server-Server API, "Retrieving server keys").</summary>
public sealed class SigningKey : IDisposable
{
    private readonly Key _key;

    private SigningKey(string id, Key key)
    {
        Id = id;
        _key = key;
        PublicKey = key.Export(KeyBlobFormat.RawPublicKey);
    }

    /// <summary>The signing key identifier, <c>ed25519:version</c>.</summary>
    public string Id { get; }

    /// <summary>32 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <param name="seed">The 32 bytes that the key is made of; keep them secret.</param>
    public static SigningKey FromSeed(string id, ReadOnlySpan<byte> seed) =>
        new(id, Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey));

    /// <summary>64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    public void Dispose() => _key.Dispose();
}
