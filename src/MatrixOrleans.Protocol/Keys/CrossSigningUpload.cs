using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>The keys of one <c>POST /keys/device_signing/upload</c>, each well-formed; what they sign is judged against what is stored.</summary>
public sealed record CrossSigningUpload(CrossSigningKey? Master, CrossSigningKey? SelfSigning, CrossSigningKey? UserSigning)
{
    public IEnumerable<CrossSigningKey> Keys
    {
        get
        {
            CrossSigningKey?[] all = [Master, SelfSigning, UserSigning];
            return all.OfType<CrossSigningKey>();
        }
    }

    /// <exception cref="MatrixException">M_BAD_JSON, M_INVALID_PARAM.</exception>
    public static CrossSigningUpload Read(JsonElement body, UserId user)
    {
        return new CrossSigningUpload(
            Key("master_key", CrossSigningUsage.Master),
            Key("self_signing_key", CrossSigningUsage.SelfSigning),
            Key("user_signing_key", CrossSigningUsage.UserSigning));

        CrossSigningKey? Key(string name, CrossSigningUsage usage) =>
            JsonMembers.Object(body, name) is { } key ? CrossSigningKey.Read(key, user, usage) : null;
    }

    /// <summary>"Must be signed by the accompanying master signing key, or by the user's most recently uploaded master signing key."</summary>
    /// <param name="stored">The stored master key.</param>
    /// <param name="devices">The Ed25519 keys of the user's devices by their ids: their signatures on the master key must be good.</param>
    /// <exception cref="MatrixException">M_MISSING_PARAM without a master key, M_INVALID_SIGNATURE.</exception>
    public void CheckSignatures(UserId user, CrossSigningKey? stored, IReadOnlyDictionary<string, VerifyKey> devices)
    {
        var master = Master ?? stored;
        foreach (var key in Keys.Where(key => key.Usage != CrossSigningUsage.Master))
        {
            if (master is null)
            {
                throw new MatrixException(MatrixError.MissingParam, "No master signing key is available");
            }

            if (!SignedJson.Verify(key.Json.Span, user.Value, master.KeyId, master.Verify))
            {
                throw new MatrixException(MatrixError.InvalidSignature, $"The {key.Usage.Name()} key is not signed by the master key");
            }
        }

        if (Master is null)
        {
            return;
        }

        var root = JsonElement.Parse(Master.Json.Span);
        foreach (var signature in KeyObjects.Signatures(root, user))
        {
            if (signature.KeyId.StartsWith("ed25519:", StringComparison.Ordinal) && devices.TryGetValue(signature.KeyId["ed25519:".Length..], out var device)
                && !SignedJson.Verify(Master.Json.Span, user.Value, signature.KeyId, device))
            {
                throw new MatrixException(MatrixError.InvalidSignature, "A device's signature on the master key is not good");
            }
        }
    }

    /// <summary>The key object as it is stored: of its signatures only those by the user's master key or known devices.</summary>
    public static byte[] Kept(CrossSigningKey key, UserId user, IEnumerable<string> signers)
    {
        var root = JsonElement.Parse(key.Json.Span);
        var known = signers.ToHashSet();
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            KeyObjects.Write(writer, root, KeyObjects.Signatures(root, user).Where(signature => known.Contains(signature.KeyId)));
        }

        return buffer.ToArray();
    }
}
