using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 5.4.1: "If content has a third_party_invite property".</summary>
internal static class ThirdPartyInviteRules
{
    /// <summary>
    /// Most signatures and most keys that are tried. NOTSPEC: the rule has no bound, but an event of 64 KiB could hold enough of both
    /// for minutes of work. Identity servers sign once and offer two keys.
    /// </summary>
    public const int SignaturesMax = 16;

    public const int KeysMax = 16;

    private static readonly byte[][] WithoutForSigning = ["signatures"u8.ToArray(), "unsigned"u8.ToArray()];

    public static Verdict Check(Pdu pdu, JsonElement thirdParty, UserId target, AuthState room)
    {
        // 1. If target user is banned, reject.
        if (room.MembershipOf(target) == Membership.Ban)
        {
            return Verdict.Reject("the user is banned");
        }

        // 2. If content.third_party_invite does not have a signed property, reject.
        if (thirdParty.ValueKind != JsonValueKind.Object
            || !thirdParty.TryGetProperty("signed", out var signed) || signed.ValueKind != JsonValueKind.Object)
        {
            return Verdict.Reject("third_party_invite is not signed");
        }

        // 3. If signed does not have mxid and token properties, reject.
        if (Text(signed, "mxid") is not { } mxid || Text(signed, "token") is not { } token)
        {
            return Verdict.Reject("third_party_invite has no mxid or token");
        }

        // 4. If mxid does not match state_key, reject.
        if (mxid != pdu.StateKey)
        {
            return Verdict.Reject("third_party_invite is for somebody else");
        }

        // 5. If there is no m.room.third_party_invite event in the current room state with state_key matching token, reject.
        if (room.ThirdPartyInvite(token) is not { } invite)
        {
            return Verdict.Reject("third_party_invite has an unknown token");
        }

        // 6. If sender does not match sender of the m.room.third_party_invite, reject.
        if (pdu.Sender != invite.Sender)
        {
            return Verdict.Reject("third_party_invite was made by somebody else");
        }

        // 7. If any signature in signed matches any public key in the m.room.third_party_invite event, allow.
        // 8. Otherwise, reject.
        return IsSigned(signed, invite.Content) ? Verdict.Allow : Verdict.Reject("third_party_invite has no valid signature");
    }

    private static bool IsSigned(JsonElement signed, JsonElement invite)
    {
        var keys = PublicKeys(invite).Take(KeysMax).ToArray();
        if (keys.Length == 0
            || !CanonicalJson.TryEncode(JsonMarshal.GetRawUtf8Value(signed), CanonicalRules.Lenient, WithoutForSigning, out var message, out _))
        {
            return false;
        }

        foreach (var signature in Signatures(signed).Take(SignaturesMax))
        {
            foreach (var key in keys)
            {
                if (key.Verify(message, signature))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>"A single public key in the public_key property. A list of public keys in the public_keys property."</summary>
    private static IEnumerable<VerifyKey> PublicKeys(JsonElement invite)
    {
        if (Key(invite) is { } single)
        {
            yield return single;
        }

        if (!invite.TryGetProperty("public_keys", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var entry in list.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Object && Key(entry) is { } key)
            {
                yield return key;
            }
        }
    }

    /// <summary>In Base64 of either alphabet (Client-Server API, "m.room.third_party_invite").</summary>
    private static VerifyKey? Key(JsonElement holder) =>
        Text(holder, "public_key") is { } text && UnpaddedBase64.TryDecode(text.Replace('-', '+').Replace('_', '/'), out var bytes)
            ? VerifyKey.TryImport(bytes)
            : null;

    private static IEnumerable<byte[]> Signatures(JsonElement signed)
    {
        if (!signed.TryGetProperty("signatures", out var servers) || servers.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var server in servers.EnumerateObject().Where(s => s.Value.ValueKind == JsonValueKind.Object))
        {
            foreach (var signature in server.Value.EnumerateObject())
            {
                if (signature.Name.StartsWith("ed25519:", StringComparison.Ordinal) && signature.Value.ValueKind == JsonValueKind.String
                    && UnpaddedBase64.TryDecode(signature.Value.GetString(), out var bytes))
                {
                    yield return bytes;
                }
            }
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
