using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;

namespace MatrixOrleans.Grains.Keys;

/// <summary>
/// Keys of local users as one user, or another server, may see them. Of signatures everybody sees those that the owner made on his own keys; what a
/// user's user-signing key signed, and that key itself, the user alone sees (Client-Server API, "Key and signature security").
/// </summary>
internal sealed class KeyQuery
{
    private readonly IReadOnlyCollection<UserId> _users;
    private readonly UserId? _viewer;
    private readonly ILookup<UserId, DeviceKeysRow> _devices;
    private readonly IReadOnlyList<CrossSigningRow> _crossSigning;
    private readonly ILookup<(UserId User, string Key), KeySignature> _signatures;

    private KeyQuery(
        IReadOnlyCollection<UserId> users, UserId? viewer, ILookup<UserId, DeviceKeysRow> devices, IReadOnlyList<CrossSigningRow> crossSigning, IEnumerable<KeySignatureRow> signatures)
    {
        (_users, _viewer, _devices, _crossSigning) = (users, viewer, devices, crossSigning);
        _signatures = signatures.ToLookup(row => (row.TargetUser, row.TargetKey), row => new KeySignature(row.Signer, row.SignerKey, row.Signature));
    }

    /// <param name="wanted">Local users, with device ids or none for all that a user has.</param>
    /// <param name="viewer">Who asks; <c>null</c> for another server.</param>
    public static async Task<KeyQuery> Of(Database database, IReadOnlyDictionary<UserId, IReadOnlyList<string>> wanted, UserId? viewer)
    {
        var users = wanted.Keys.ToList();
        var devices = (await database.DeviceKeys.OfUsers(users))
            .Where(row => wanted[row.User].Count == 0 || wanted[row.User].Contains(row.DeviceId))
            .ToLookup(row => row.User);
        var crossSigning = await database.CrossSigning.OfUsers(users);

        // Another server sees what the owner sees of himself; the private key is left out below.
        var signatures = crossSigning.Count == 0 ? [] : await database.CrossSigning.SignaturesOn(users, viewer ?? users[0]);
        return new KeyQuery(users, viewer, devices, crossSigning, signatures.Where(row => row.Signer == row.TargetUser || row.Signer == viewer));
    }

    /// <summary>Writes <c>device_keys</c>: a member for each user, and in it the keys of each device.</summary>
    public void WriteDevices(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("device_keys"u8);
        foreach (var user in _users)
        {
            writer.WriteStartObject(user.Value);
            foreach (var row in _devices[user])
            {
                writer.WritePropertyName(row.DeviceId);
                WriteKey(writer, user, row.DeviceId, row.Json, unsigned =>
                {
                    unsigned.WriteStartObject();
                    if (row.DisplayName is { } name)
                    {
                        unsigned.WriteString("device_display_name"u8, name);
                    }

                    unsigned.WriteEndObject();
                });
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes <c>master_keys</c>, <c>self_signing_keys</c> and, of the asking user alone, <c>user_signing_keys</c>.</summary>
    public void WriteCrossSigning(Utf8JsonWriter writer)
    {
        foreach (var usage in Enum.GetValues<CrossSigningUsage>())
        {
            writer.WriteStartObject(usage.Name() + "_keys");
            foreach (var row in _crossSigning.Where(row => row.Usage == usage && (usage != CrossSigningUsage.UserSigning || row.User == _viewer)))
            {
                writer.WritePropertyName(row.User.Value);
                WriteKey(writer, row.User, row.PublicKey, row.Json, null);
            }

            writer.WriteEndObject();
        }
    }

    private void WriteKey(Utf8JsonWriter writer, UserId owner, string key, ReadOnlyMemory<byte> json, Action<Utf8JsonWriter>? unsigned)
    {
        var root = JsonElement.Parse(json.Span);
        KeyObjects.Write(writer, root, KeyObjects.Signatures(root, owner).Concat(_signatures[(owner, key)]), unsigned);
    }
}
