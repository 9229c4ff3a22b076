using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>
/// Bundled aggregations: <c>unsigned.m.relations</c> (Client-Server API, "Aggregations of child events"). A page of events costs one query, and one more
/// for the bodies when anything relates to them.
/// </summary>
internal sealed class Aggregations(Database database, RoomRead read)
{
    /// <summary>Bundles within bundles: the newest event of a thread has its own, what is in those has none.</summary>
    private const int DepthMax = 2;

    /// <summary>The bundles of those events that have one, by event id.</summary>
    /// <param name="depth">0 for the events of an answer, 1 for those in their bundles.</param>
    public async ValueTask<IReadOnlyDictionary<EventId, ReadOnlyMemory<byte>>> Of(IReadOnlyCollection<BundleTarget> targets, int depth = 0)
    {
        var bundles = new Dictionary<EventId, ReadOnlyMemory<byte>>();
        if (targets.Count == 0 || depth >= DepthMax)
        {
            return bundles;
        }

        var (view, user) = (read.View, read.View.Viewer.User);
        var rows = await database.Rooms.Related.Aggregates(view.RoomNid, [.. targets.Select(t => t.Id).Distinct()], view.UpToSeq, user, [.. await read.Ignored()]);
        if (rows.Count == 0)
        {
            return bundles;
        }

        var stored = await read.States.ByNids([.. rows.Select(r => r.EventNid).Distinct()]);
        var byTarget = rows.ToLookup(r => r.TargetId);
        var parts = new List<Parts>();
        foreach (var target in targets.DistinctBy(t => t.Id))
        {
            var related = byTarget[target.Id.Value].ToList();
            var threads = related.Where(r => r.RelType == EventRelation.Thread).ToList();
            var part = new Parts(target.Id)
            {
                Edit = target.TakesEdits ? await First(related.Where(r => r.RelType == EventRelation.Replace), stored, IsEdit) : null,
                Newest = await First(threads, stored, static _ => true),
                Count = threads.Count > 0 ? threads[0].Count : 0,
                Participated = target.Sender == user || threads.Exists(t => t.UserSent),
            };
            foreach (var row in related.Where(r => r.RelType == EventRelation.Reference))
            {
                if (await First([row], stored, static _ => true) is { } reference)
                {
                    part.References.Add(reference.Pdu.EventId);
                }
            }

            parts.Add(part);
        }

        // All bodies together, so that their own bundles cost one query too.
        List<VisibleEvent> bodies = [.. parts.SelectMany(p => new[] { p.Edit, p.Newest }).OfType<VisibleEvent>().DistinctBy(e => e.Stored.Nid)];
        var json = bodies.Zip(await read.Writer.Timeline(bodies, depth + 1)).ToDictionary(pair => pair.First.Stored.Nid, pair => pair.Second);
        foreach (var part in parts.Where(p => !p.IsEmpty))
        {
            bundles[part.Target] = part.Write(json);
        }

        return bundles;
    }

    private async ValueTask<VisibleEvent?> First(IEnumerable<AggregateRow> rows, Dictionary<long, StoredEvent> stored, Func<Pdu, bool> fits)
    {
        foreach (var row in rows)
        {
            if (stored.TryGetValue(row.EventNid, out var body) && await read.Gate.Pass(body) is { } visible && fits(visible.Pdu))
            {
                return visible;
            }
        }

        return null;
    }

    /// <summary>Of an encrypted edit the new content cannot be seen here.</summary>
    private static bool IsEdit(Pdu pdu) => pdu.Type == "m.room.encrypted" || pdu.Content.TryGetProperty("m.new_content"u8, out _);

    /// <summary>What is bundled with one event.</summary>
    private sealed record Parts(EventId Target)
    {
        public VisibleEvent? Edit { get; init; }

        public VisibleEvent? Newest { get; init; }

        public int Count { get; init; }

        public bool Participated { get; init; }

        public List<EventId> References { get; } = [];

        public bool IsEmpty => Edit is null && Newest is null && References.Count == 0;

        public ReadOnlyMemory<byte> Write(Dictionary<long, ReadOnlyMemory<byte>> json)
        {
            var output = new ByteBuffer(512);
            using var writer = new System.Text.Json.Utf8JsonWriter(output, new System.Text.Json.JsonWriterOptions { SkipValidation = true });
            writer.WriteStartObject();
            if (Edit is not null)
            {
                writer.WritePropertyName(EventRelation.Replace);
                writer.WriteRawValue(json[Edit.Stored.Nid].Span, skipInputValidation: true);
            }

            if (Newest is not null)
            {
                writer.WriteStartObject(EventRelation.Thread);
                writer.WritePropertyName("latest_event"u8);
                writer.WriteRawValue(json[Newest.Stored.Nid].Span, skipInputValidation: true);
                writer.WriteNumber("count"u8, Count);
                writer.WriteBoolean("current_user_participated"u8, Participated);
                writer.WriteEndObject();
            }

            if (References.Count > 0)
            {
                writer.WriteStartObject(EventRelation.Reference);
                writer.WriteStartArray("chunk"u8);
                foreach (var id in Enumerable.Reverse(References))
                {
                    writer.WriteStartObject();
                    writer.WriteString("event_id"u8, id.Value);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.Flush();
            return output.WrittenMemory;
        }
    }
}

/// <summary>An event whose bundle is wanted.</summary>
/// <param name="TakesEdits">Neither state, nor an edit itself, nor redacted (Client-Server API, "Validity of replacement events").</param>
internal sealed record BundleTarget(EventId Id, UserId Sender, bool TakesEdits)
{
    public static BundleTarget Of(Pdu pdu, bool isRedacted) =>
        new(pdu.EventId, pdu.Sender, !isRedacted && pdu.StateKey is null && EventRelation.Of(pdu)?.Type != EventRelation.Replace);
}
