using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.ApplicationServices;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>
/// The body of a transaction (Application Service API, <c>PUT /_matrix/app/v1/transactions/{txnId}</c>), with what MSC2409 and MSC3202 add, under their
/// names of today and those that application services know from before.
/// </summary>
internal sealed class TransactionBody(ApplicationService service, Database database, RoomWindows windows, long nowMs)
{
    private const int EphemeralMax = 200;
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async ValueTask<byte[]> Make(IReadOnlyList<AppServiceRow> rows, IReadOnlyList<ReadOnlyMemory<byte>> notKept)
    {
        var events = await Events([.. rows.Where(row => row.Kind == AppServiceRowKind.Event)]);
        var ephemeral = rows.Where(row => row.Kind == AppServiceRowKind.Ephemeral).Select(row => row.Json!.Value).Concat(notKept.TakeLast(EphemeralMax)).ToList();
        var toDevice = rows.Where(row => row.Kind == AppServiceRowKind.ToDevice).ToList();
        var changed = rows.Where(row => row.Kind == AppServiceRowKind.DeviceList).Select(row => row.UserId!).Distinct().ToList();
        var output = new ByteBuffer(4096);
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        WriteList(writer, "events", events);
        if (ephemeral.Count > 0)
        {
            WriteList(writer, "ephemeral", ephemeral);
            WriteList(writer, "de.sorunome.msc2409.ephemeral", ephemeral);
        }

        if (toDevice.Count > 0)
        {
            var messages = toDevice.Select(row => row.Json!.Value).ToList();
            WriteList(writer, "to_device", messages);
            WriteList(writer, "de.sorunome.msc2409.to_device", messages);
        }

        if (service.ReceivesDeviceLists)
        {
            WriteDeviceLists(writer, changed);
            await WriteKeys(writer, [.. toDevice.Select(row => (UserId.Parse(row.UserId!), row.DeviceId!)).Distinct()]);
        }

        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>In the order of the rows; events that are gone are left out, redacted ones are told pruned.</summary>
    private async ValueTask<List<ReadOnlyMemory<byte>>> Events(IReadOnlyList<AppServiceRow> rows)
    {
        var found = new Dictionary<long, ReadOnlyMemory<byte>>();
        foreach (var room in rows.GroupBy(row => row.RoomNid))
        {
            if (await database.Rooms.Find(room.Key) is not { } record)
            {
                continue;
            }

            var version = RoomVersions.Get(record.Version);
            foreach (var stored in await database.Rooms.EventsByNids(room.Key, [.. room.Select(row => row.EventNid)]))
            {
                var pdu = windows.Parse(room.Key, version, stored);
                var shown = stored.RedactedByNid is null ? pdu : PduReader.ReadStored(Redaction.Redact(pdu.Root, version), version, pdu.EventId);
                found[stored.Nid] = ClientEvent.ToBytes(shown, unsigned: await Unsigned(record, stored, pdu));
            }
        }

        return [.. rows.Where(row => found.ContainsKey(row.EventNid)).Select(row => found[row.EventNid])];
    }

    private async ValueTask<ClientUnsigned> Unsigned(RoomRecord room, StoredEvent stored, Pdu pdu)
    {
        var replaced = pdu.Key is { } key ? await windows.StateEvent(room.Nid, room.Version, stored.StateBefore, key) : null;
        return new ClientUnsigned
        {
            AgeMs = nowMs - pdu.OriginServerTs,
            ReplacesState = replaced?.EventId,
            PrevContent = replaced is null ? null : (ReadOnlyMemory<byte>?)replaced.ContentUtf8.ToArray(),
        };
    }

    private static void WriteDeviceLists(Utf8JsonWriter writer, List<string> changed)
    {
        if (changed.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("org.matrix.msc3202.device_lists"u8);
        writer.WriteStartArray("changed"u8);
        changed.ForEach(writer.WriteStringValue);
        writer.WriteEndArray();
        writer.WriteStartArray("left"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The supply of keys of the devices that are told something: it may run out.</summary>
    private async ValueTask WriteKeys(Utf8JsonWriter writer, IReadOnlyList<(UserId User, string Device)> devices)
    {
        if (devices.Count == 0)
        {
            return;
        }

        var counts = new Dictionary<string, Dictionary<string, Dictionary<string, int>>>();
        var fallbacks = new Dictionary<string, Dictionary<string, IReadOnlyList<string>>>();
        foreach (var (user, device) in devices)
        {
            var (stored, unused) = await database.OneTimeKeys.Counts(user, device);
            var known = new Dictionary<string, int>(stored);
            known.TryAdd(KeyCounts.SignedCurve25519, 0);
            (counts.TryGetValue(user.Value, out var ofUser) ? ofUser : counts[user.Value] = [])[device] = known;
            (fallbacks.TryGetValue(user.Value, out var unusedOfUser) ? unusedOfUser : fallbacks[user.Value] = [])[device] = unused;
        }

        writer.WritePropertyName("org.matrix.msc3202.device_one_time_keys_count"u8);
        JsonSerializer.Serialize(writer, counts);
        writer.WritePropertyName("org.matrix.msc3202.device_one_time_key_counts"u8);
        JsonSerializer.Serialize(writer, counts);
        writer.WritePropertyName("org.matrix.msc3202.device_unused_fallback_key_types"u8);
        JsonSerializer.Serialize(writer, fallbacks);
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteRawValue(item.Span, skipInputValidation: true);
        }

        writer.WriteEndArray();
    }
}
