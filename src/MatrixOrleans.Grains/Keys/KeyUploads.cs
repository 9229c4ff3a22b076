using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Grains.Keys;

/// <summary>Stores what a device uploads, inside a transaction, and owes the log what is to be told.</summary>
internal static class KeyUploads
{
    /// <summary>The caller holds the account's lock and knows that the device is there.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM: a one-time key's id is in use for another key.</exception>
    public static async ValueTask Write(WriteSession session, UserId user, string deviceId, KeyUpload upload, long nowMs)
    {
        var known = (await OneTimeKeyStore.Unclaimed(session, user, deviceId)).ToDictionary(key => key.Name);
        var added = new List<UploadedKey>();
        foreach (var key in upload.OneTimeKeys)
        {
            if (!known.TryGetValue(key.Name, out var other))
            {
                added.Add(key);
            }
            else if (!other.IsSame(key.Json.Span))
            {
                throw new MatrixException(MatrixError.InvalidParam, $"One time key {key.Name} already exists and is another one");
            }
        }

        await OneTimeKeyStore.Add(session, user, deviceId, added, nowMs);
        var supplyChanged = added.Count > 0;
        foreach (var key in upload.FallbackKeys)
        {
            supplyChanged |= await OneTimeKeyStore.SetFallback(session, user, deviceId, key);
        }

        if (supplyChanged)
        {
            await LogDebtStore.Add(session, user, LogDebtKind.KeySupply, deviceId);
        }

        if (upload.DeviceKeys is { } json)
        {
            await WriteIdentity(session, user, deviceId, json);
        }
    }

    private static async ValueTask WriteIdentity(WriteSession session, UserId user, string deviceId, ReadOnlyMemory<byte> json)
    {
        var before = await DeviceKeyStore.Get(session, user, deviceId);
        if (!await DeviceKeyStore.Set(session, user, deviceId, json))
        {
            return;
        }

        if (before is not null && !SignedJson.SigningBytes(before).AsSpan().SequenceEqual(SignedJson.SigningBytes(json.Span)))
        {
            // What was signed is not there any more.
            await CrossSigningStore.Unsign(session, user, [deviceId]);
        }

        await LogDebtStore.Add(session, user, LogDebtKind.DeviceList);
    }
}
