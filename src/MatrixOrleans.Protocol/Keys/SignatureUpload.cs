using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>A key object with signatures to add, as <c>POST /keys/signatures/upload</c> brings it.</summary>
/// <param name="KeyId">A device id, or a public key.</param>
public sealed record SignedKey(UserId User, string KeyId, ReadOnlyMemory<byte> Json);

/// <summary>Judges signatures that a user brings.</summary>
public static class SignatureUpload
{
    /// <summary>Most signed keys in one request.</summary>
    public const int KeysMax = 1000;

    /// <exception cref="MatrixException">M_BAD_JSON.</exception>
    public static IReadOnlyList<SignedKey> Read(JsonElement body)
    {
        var keys = new List<SignedKey>();
        foreach (var user in body.EnumerateObject())
        {
            if (!UserId.TryParse(user.Name, out var id) || user.Value.ValueKind != JsonValueKind.Object)
            {
                throw new MatrixException(MatrixError.BadJson, "The body must map user ids to objects");
            }

            foreach (var key in user.Value.EnumerateObject())
            {
                if (key.Value.ValueKind != JsonValueKind.Object || keys.Count == KeysMax)
                {
                    throw new MatrixException(MatrixError.BadJson, $"The body must have signed objects, {KeysMax} at most");
                }

                keys.Add(new SignedKey(id, key.Name, JsonMarshal.GetRawUtf8Value(key.Value).ToArray()));
            }
        }

        return keys;
    }

    /// <summary>The signatures that an object brings beside those that are known; or the reason to refuse it.</summary>
    /// <param name="stored">The key as it is stored; the signed object must be the same but for signatures.</param>
    /// <param name="signers">The keys that may sign it, by signing key identifier.</param>
    public static (IReadOnlyList<KeySignature> Signatures, MatrixError? Refusal) Judge(
        SignedKey key, ReadOnlySpan<byte> stored, UserId signer, IReadOnlyDictionary<string, VerifyKey> signers)
    {
        if (!SignedJson.CanSign(key.Json.Span) || !SignedJson.SigningBytes(key.Json.Span).AsSpan().SequenceEqual(SignedJson.SigningBytes(stored)))
        {
            return ([], MatrixError.InvalidParam);
        }

        var known = KeyObjects.Signatures(JsonElement.Parse(stored), signer).ToHashSet();
        var signatures = new List<KeySignature>();
        foreach (var signature in KeyObjects.Signatures(JsonElement.Parse(key.Json.Span), signer).Where(signature => !known.Contains(signature)))
        {
            if (!signers.TryGetValue(signature.KeyId, out var verify))
            {
                continue;
            }

            if (!SignedJson.Verify(key.Json.Span, signer.Value, signature.KeyId, verify))
            {
                return ([], MatrixError.InvalidSignature);
            }

            signatures.Add(signature);
        }

        var bringsKnown = KeyObjects.Signatures(JsonElement.Parse(key.Json.Span), signer).Any(known.Contains);
        return signatures.Count > 0 || bringsKnown ? (signatures, null) : ([], MatrixError.InvalidSignature);
    }
}
