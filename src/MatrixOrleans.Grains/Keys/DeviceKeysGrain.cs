using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Keys;

/// <summary>Keys of devices. What must hold together is decided in one transaction, so calls may interleave; what syncs are to hear is noted in it too.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed class DeviceKeysGrain(Database database, TenantKeys tenants, Tail tail, TimeProvider time, LogDebts debts, EncryptionOptions options) : Grain, IDeviceKeysGrain
{
    private UserId User => UserId.Parse(this.GetPrimaryKeyString());

    public async ValueTask<ReadOnlyMemory<byte>> Upload(string deviceId, ReadOnlyMemory<byte> body)
    {
        var upload = KeyUpload.Read(JsonElement.Parse(body.Span), User, deviceId, options.DeviceKeysSigned);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.Writer.Execute(async (session, _) =>
        {
            // Uploads of a user come one after another: keys have an order, and none comes for a device that is being removed.
            await AccountStore.Lock(session, User);
            if (!await DeviceStore.Exists(session, User, deviceId))
            {
                throw new MatrixException(MatrixError.Forbidden, "This device is gone");
            }

            await KeyUploads.Write(session, User, deviceId, upload, now);
            return 0;
        });
        await debts.Settle(User);

        var (counts, _) = await database.OneTimeKeys.Counts(User, deviceId);
        return Write(writer =>
        {
            writer.WriteStartObject("one_time_key_counts"u8);
            foreach (var (algorithm, count) in counts)
            {
                writer.WriteNumber(algorithm, count);
            }

            if (!counts.ContainsKey(KeyCounts.SignedCurve25519))
            {
                writer.WriteNumber(KeyCounts.SignedCurve25519, 0);
            }

            writer.WriteEndObject();
        });
    }

    public async ValueTask<ReadOnlyMemory<byte>> Query(IReadOnlyDictionary<UserId, IReadOnlyList<string>> wanted)
    {
        var local = wanted.Where(user => tenants.IsTenant(user.Key.ServerName)).ToDictionary();
        var query = await KeyQuery.Of(database, local, User);
        return Write(writer =>
        {
            Failures(writer, wanted.Keys);
            query.WriteDevices(writer);
            query.WriteCrossSigning(writer);
        });
    }

    public async ValueTask<ReadOnlyMemory<byte>> Claim(IReadOnlyList<OneTimeKeyWanted> wanted)
    {
        var claimed = await database.OneTimeKeys.Claim(
            [.. wanted.Where(claim => tenants.IsTenant(claim.User.ServerName)).Select(claim => new KeyClaim(claim.User, claim.DeviceId, claim.Algorithm))]);
        await debts.Settle([.. claimed.Where(key => key.SupplyChanged).Select(key => key.Claim.User).Distinct()]);

        return Write(writer =>
        {
            Failures(writer, wanted.Select(claim => claim.User));
            writer.WriteStartObject("one_time_keys"u8);
            foreach (var user in claimed.GroupBy(key => key.Claim.User))
            {
                writer.WriteStartObject(user.Key.Value);
                foreach (var device in user.GroupBy(key => key.Claim.DeviceId))
                {
                    writer.WriteStartObject(device.Key);
                    foreach (var key in device)
                    {
                        writer.WritePropertyName(key.Key.Name);
                        writer.WriteRawValue(key.Key.Json.Span, skipInputValidation: true);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });
    }

    public async ValueTask<ReadOnlyMemory<byte>> Changes(SyncToken from, SyncToken? to)
    {
        var upto = Math.Min(to?.LogPosition ?? long.MaxValue, tail.Watermark);
        var after = Math.Min(from.LogPosition, upto);
        var now = (await database.Memberships.JoinedRooms(User)).ToHashSet();
        var then = now.ToHashSet();
        foreach (var change in (await database.Memberships.ChangesOfUser(User, after, long.MaxValue)).DistinctBy(change => change.RoomNid))
        {
            if (change.Old == Membership.Join)
            {
                then.Add(change.RoomNid);
            }
            else
            {
                then.Remove(change.RoomNid);
            }
        }

        var moves = await new DeviceLists(User, database, tail).Between([.. now.Union(then)], now, then, after, upto);
        return Write(writer => SyncWriter.DeviceListMembers(writer, moves));
    }

    /// <summary>Servers that are not ours are not asked: they count as out of reach.</summary>
    private void Failures(Utf8JsonWriter writer, IEnumerable<UserId> users)
    {
        writer.WriteStartObject("failures"u8);
        foreach (var server in users.Select(user => user.ServerName).Distinct().Where(server => !tenants.IsTenant(server)))
        {
            writer.WriteStartObject(server.Value);
            writer.WriteString("errcode"u8, MatrixError.Unavailable.Code);
            writer.WriteString("error"u8, "The server cannot be reached");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ByteBuffer(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
