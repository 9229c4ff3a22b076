using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;

namespace MatrixOrleans.Grains.Keys;

/// <summary>What is needed to judge the signatures that a user brings: the keys that were signed, and the user's keys that may have signed them.</summary>
internal sealed class SignatureJudging
{
    private readonly UserId _signer;
    private readonly IReadOnlyDictionary<string, DeviceKeysRow> _devices;
    private readonly IReadOnlyList<CrossSigningRow> _crossSigning;
    private readonly Dictionary<string, VerifyKey> _byDevices;
    private readonly Dictionary<string, VerifyKey> _bySelf;
    private readonly Dictionary<string, VerifyKey> _byUser;

    private SignatureJudging(UserId signer, IReadOnlyList<DeviceKeysRow> devices, IReadOnlyList<CrossSigningRow> crossSigning)
    {
        (_signer, _devices, _crossSigning) = (signer, devices.ToDictionary(row => row.DeviceId), crossSigning);
        _byDevices = VerifyKeys(devices).ToDictionary(device => "ed25519:" + device.Key, device => device.Value);
        _bySelf = Own(CrossSigningUsage.SelfSigning);
        _byUser = Own(CrossSigningUsage.UserSigning);
    }

    public static async Task<SignatureJudging> Of(Database database, UserId signer, IEnumerable<SignedKey> keys) => new(
        signer,
        await database.DeviceKeys.OfUsers([signer]),
        await database.CrossSigning.OfUsers([.. keys.Select(key => key.User).Append(signer).Distinct()]));

    /// <summary>The Ed25519 keys of devices, by their ids.</summary>
    public static IReadOnlyDictionary<string, VerifyKey> VerifyKeys(IEnumerable<DeviceKeysRow> devices)
    {
        var keys = new Dictionary<string, VerifyKey>();
        foreach (var row in devices)
        {
            if (KeyObjects.DeviceKey(JsonElement.Parse(row.Json.Span), row.DeviceId) is { } key)
            {
                keys[row.DeviceId] = key;
            }
        }

        return keys;
    }

    /// <summary>A user signs his devices by his self-signing key, his master key by his devices, and others' master keys by his user-signing key.</summary>
    public (IReadOnlyList<KeySignature> Signatures, MatrixError? Refusal) Judge(SignedKey key)
    {
        if (key.User == _signer && _devices.TryGetValue(key.KeyId, out var device))
        {
            return SignatureUpload.Judge(key, device.Json.Span, _signer, _bySelf);
        }

        var master = _crossSigning.FirstOrDefault(row => row.User == key.User && row.Usage == CrossSigningUsage.Master && row.PublicKey == key.KeyId);
        return master is null
            ? ([], MatrixError.NotFound)
            : SignatureUpload.Judge(key, master.Json.Span, _signer, key.User == _signer ? _byDevices : _byUser);
    }

    private Dictionary<string, VerifyKey> Own(CrossSigningUsage usage) => _crossSigning
        .Where(row => row.User == _signer && row.Usage == usage)
        .Select(row => CrossSigningKey.Stored(usage, row.PublicKey, row.Json))
        .ToDictionary(key => key.KeyId, key => key.Verify);
}
