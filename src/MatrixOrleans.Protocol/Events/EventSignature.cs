using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>Servers' signatures on events: made over the redacted event (Server-Server API, "Signing Events", "Validating hashes and signatures on received events").</summary>
public static class EventSignature
{
    /// <summary>Signatures of one server that are taken from what it handed back.</summary>
    private const int KeysMax = 4;

    /// <summary>Whether the event carries a good signature of that server made with that key.</summary>
    /// <param name="keyId">The signing key identifier, <c>ed25519:version</c>.</param>
    public static bool Verify(Pdu pdu, ServerName server, string keyId, VerifyKey key) =>
        SignedJson.TrySignature(pdu.Root, server.Value, keyId, out var signature) && key.Verify(EventHash.SigningBytes(pdu.Root, pdu.Version), signature);

    /// <summary>The ids of the Ed25519 keys with which the server signed the event, as the event says.</summary>
    public static IEnumerable<string> KeyIds(Pdu pdu, ServerName server) => SignedJson.KeyIds(pdu.Root, server.Value);

    /// <summary>
    /// The servers whose signatures the event needs: the sender's, but for an invite from a third party; the one that chose the event id, in room versions
    /// that let it; the one that authorised a restricted join, where the room version has them.
    /// </summary>
    /// <remarks>The third-party invite itself is signed apart, which the auth rules check.</remarks>
    public static IReadOnlyList<ServerName> RequiredServers(Pdu pdu)
    {
        var servers = new List<ServerName>(2);
        var isMember = pdu is { Type: EventTypes.Member, StateKey: not null };
        if (!(isMember && pdu.ContentString("membership") == "invite" && pdu.Content.TryGetProperty("third_party_invite"u8, out _)))
        {
            servers.Add(pdu.Sender.ServerName);
        }

        if (pdu.Version.EventIds == EventIdFormat.Chosen
            && ServerName.TryParse(pdu.EventId.Value.AsSpan(pdu.EventId.Value.IndexOf(':') + 1), out var chooser) && !servers.Contains(chooser))
        {
            servers.Add(chooser);
        }

        if (pdu.Version.RestrictedJoin && isMember && pdu.ContentString("membership") == "join"
            && UserId.TryParse(pdu.ContentString("join_authorised_via_users_server"), out var authoriser) && !servers.Contains(authoriser.ServerName))
        {
            servers.Add(authoriser.ServerName);
        }

        return servers;
    }

    /// <summary>The event with a signature of ours beside those that it has, as for an invite or a restricted join that another server made.</summary>
    /// <exception cref="FormatException">The event is no canonical JSON of its room version.</exception>
    public static Pdu Sign(Pdu pdu, ServerName server, SigningKey key)
        => With(pdu, server, key.Id, UnpaddedBase64.Encode(key.Sign(EventHash.SigningBytes(pdu.Root, pdu.Version))));

    /// <summary>
    /// The event as it is here with what another server signed: nothing but that server's signatures is taken from what it handed back. Whether they are good
    /// is to be checked.
    /// </summary>
    public static Pdu WithSignaturesOf(Pdu pdu, ServerName server, JsonElement handedBack)
    {
        foreach (var keyId in SignedJson.KeyIds(handedBack, server.Value).Take(KeysMax))
        {
            if (SignedJson.TrySignature(handedBack, server.Value, keyId, out var signature))
            {
                pdu = With(pdu, server, keyId, UnpaddedBase64.Encode(signature));
            }
        }

        return pdu;
    }

    private static Pdu With(Pdu pdu, ServerName server, string keyId, string signature)
    {
        // Names and values stay as they stand; only "signatures" is written anew.
        var output = new ByteBuffer(pdu.Json.Length + 256);
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var member in pdu.Root.EnumerateObject().Where(m => m.Name != "signatures"))
            {
                writer.WritePropertyName(member.Name);
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
            }

            writer.WritePropertyName("signatures"u8);
            SignedJson.WriteSignatures(pdu.Root, server.Value, keyId, signature, writer);
            writer.WriteEndObject();
        }

        return PduReader.ReadStored(output.WrittenSpan.ToArray(), pdu.Version, pdu.EventId);
    }
}
