using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>Writes events in the client format with what <c>unsigned</c> holds for this reader.</summary>
internal sealed class EventWriter(Database database, RoomRead read, long nowMs)
{

    /// <summary>Events of a timeline, with all of <c>unsigned</c>.</summary>
    /// <param name="depth">How deep in the bundles of other events these are.</param>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> Timeline(IReadOnlyList<VisibleEvent> events, int depth = 0)
    {
        var bundles = await read.Aggregations.Of([.. events.Select(e => BundleTarget.Of(e.Pdu, e.Stored.RedactedByNid is not null))], depth);
        var replaced = await Replaced(events);
        var redactions = await Redactions(events.Select(e => e.Stored).Concat(replaced.Values));
        var written = new ReadOnlyMemory<byte>[events.Count];
        for (var i = 0; i < events.Count; i++)
        {
            var (stored, pdu, membership) = events[i];
            var unsigned = Common(stored, pdu, redactions) with
            {
                Membership = membership,
                Relations = bundles.TryGetValue(pdu.EventId, out var bundle) ? (ReadOnlyMemory<byte>?)bundle : null,
                TransactionId = stored.TxnDevice is { } device && device == read.View.Viewer.DeviceId && pdu.Sender == read.View.Viewer.User ? stored.TxnId : null,
            };
            if (replaced.TryGetValue(stored.Nid, out var old))
            {
                unsigned = unsigned with
                {
                    ReplacesState = Protocol.Identifiers.EventId.Parse(old.EventId),
                    PrevContent = await read.Gate.Pass(old) is { } visible ? (ReadOnlyMemory<byte>?)visible.Pdu.ContentUtf8.ToArray() : null,
                };
            }

            written[i] = ClientEvent.ToBytes(pdu, unsigned: unsigned);
        }

        return written;
    }

    /// <summary>Events of a state: many, and without what depends on their place in the timeline.</summary>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> State(IReadOnlyCollection<StoredEvent> events)
    {
        var redactions = await Redactions(events);
        var written = new List<ReadOnlyMemory<byte>>(events.Count);
        foreach (var stored in events)
        {
            var pdu = read.States.Shown(stored);
            written.Add(ClientEvent.ToBytes(pdu, unsigned: Common(stored, pdu, redactions)));
        }

        return written;
    }

    private ClientUnsigned Common(StoredEvent stored, Pdu pdu, Dictionary<long, StoredEvent> redactions) => new()
    {
        AgeMs = nowMs - pdu.OriginServerTs,
        RedactedBecause = stored.RedactedByNid is { } nid && redactions.TryGetValue(nid, out var redaction) ? RedactedBecause(redaction) : null,
    };

    private ReadOnlyMemory<byte>? RedactedBecause(StoredEvent redaction)
    {
        var pdu = read.States.Shown(redaction);
        return ClientEvent.ToBytes(pdu, unsigned: new ClientUnsigned { AgeMs = nowMs - pdu.OriginServerTs });
    }

    private ValueTask<Dictionary<long, StoredEvent>> Redactions(IEnumerable<StoredEvent> events) =>
        read.States.ByNids([.. events.Select(e => e.RedactedByNid).OfType<long>().Distinct()]);

    /// <summary>For state events, by their number: the event that each replaced.</summary>
    private async ValueTask<Dictionary<long, StoredEvent>> Replaced(IReadOnlyList<VisibleEvent> events)
    {
        var nids = new Dictionary<long, long>();
        foreach (var e in events)
        {
            if (e.Pdu.Key is { } key && await database.States.Get(read.View.RoomNid, e.Stored.StateBefore, key) is { } old)
            {
                nids[e.Stored.Nid] = old;
            }
        }

        var stored = await read.States.ByNids([.. nids.Values.Distinct()]);
        return nids.Where(pair => stored.ContainsKey(pair.Value)).ToDictionary(pair => pair.Key, pair => stored[pair.Value]);
    }
}
