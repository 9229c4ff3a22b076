using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>
/// Puts a sliding-sync answer together (MSC4186): which rooms the rules match, what each of them has to tell that the connection has not heard, and what the
/// extensions say.
/// </summary>
internal sealed class SlidingBuilder(SlidingContext context)
{
    /// <summary>Rooms that are read from the database at the same time.</summary>
    private const int AtOnceMax = 8;

    private readonly SlidingState _told = context.Told;
    private readonly Dictionary<long, RoomTold> _changed = [];

    /// <summary>Sections of the answer, by room.</summary>
    private readonly Dictionary<long, SlidingSection> _sections = [];

    /// <returns>The body for a given <c>pos</c>, what the connection knows after it, and whether there is nothing in it that a client must hear.</returns>
    public async Task<(Func<SlidingPos, ReadOnlyMemory<byte>> Body, SlidingState After, bool IsEmpty)> Build()
    {
        var typingVersion = context.Tail.TypingVersion;
        var moves = _told.IsNew ? [] : await context.Rooms.Moves(context.After, context.Upto);
        context.Traits.AdvanceTo(context.Upto);
        var lists = new SlidingLists(context.Body, _told, context.Traits, context.Sync, context.Database);
        await lists.Match(await context.Activity.Ordered(context.Rooms, context.Upto));

        var touched = await Touched(moves.Keys);
        await Sections(lists.Matched, touched);
        var extensions = new SlidingExtensionsBuilder(context, lists.Matched, touched, moves, _sections);
        var told = await extensions.Build(typingVersion, _changed);
        FallBehind(lists.Matched, touched);

        var after = told with
        {
            LogPosition = context.Upto,
            TypingVersion = typingVersion,
            Rooms = _told.Rooms.SetItems(_changed),
            ListCounts = lists.Counts.ToImmutableDictionary(),
        };
        var isEmpty = _sections.Count == 0 && extensions.IsEmpty && !lists.Counts.Any(list => _told.ListCounts.GetValueOrDefault(list.Key, -1) != list.Value);
        return (pos => Write(pos, lists, extensions), after, isEmpty);
    }

    /// <summary>Rooms in which something happened since the connection's last answer.</summary>
    private async ValueTask<HashSet<long>> Touched(IReadOnlyCollection<long> moved)
    {
        if (_told.IsNew)
        {
            return [];
        }

        var joined = context.Rooms.All.Values.Where(room => room.Membership == Membership.Join).Select(room => room.RoomNid);
        IEnumerable<long> touched = context.IsInTail
            ? context.Tail.Touched(context.Rooms.All, context.After, context.Upto)
            : (await context.Database.Log.RoomsTouched([.. joined], context.After, context.Upto)).Select(touch => touch.RoomNid);
        return [.. touched, .. moved];
    }

    private async Task Sections(Dictionary<long, MatchedRoom> matched, HashSet<long> touched)
    {
        var builder = new SlidingRooms(
            context.Sync, context.After, context.Traits, context.Unread, context.Windows, context.Database,
            new RoomSections(context.Sync, context.Unread, context.Windows, context.Database, context.Tail));
        using var slots = new SemaphoreSlim(AtOnceMax);
        await Task.WhenAll(matched.Values.Select(One));

        async Task One(MatchedRoom room)
        {
            var nid = room.Room.RoomNid;
            var known = _told.Rooms.GetValueOrDefault(nid);
            await slots.WaitAsync();
            try
            {
                var (section, after) = await builder.Section(room, known, touched.Contains(nid));
                if (section is not null)
                {
                    _sections[nid] = section;
                }

                if (!ReferenceEquals(after, known))
                {
                    _changed[nid] = known is null ? after : after with { ReceiptsUpto = known.ReceiptsUpto, AccountDataUpto = known.AccountDataUpto };
                }
            }
            finally
            {
                slots.Release();
            }
        }
    }

    /// <summary>Rooms that no rule matches now, and in which something happened, are told from here on when one matches them again.</summary>
    private void FallBehind(Dictionary<long, MatchedRoom> matched, HashSet<long> touched)
    {
        foreach (var nid in touched)
        {
            if (!matched.ContainsKey(nid) && _told.Rooms.TryGetValue(nid, out var known) && known.RoomUpto == RoomTold.Live)
            {
                _changed[nid] = _changed.GetValueOrDefault(nid, known) with { RoomUpto = context.After };
            }
        }
    }

    private ReadOnlyMemory<byte> Write(SlidingPos pos, SlidingLists lists, SlidingExtensionsBuilder extensions)
    {
        var buffer = new ByteBuffer(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("pos"u8, pos.ToString());
            if (context.Body.TxnId is { } txn)
            {
                writer.WriteString("txn_id"u8, txn);
            }

            writer.WriteStartObject("lists"u8);
            foreach (var (name, count) in lists.Counts)
            {
                writer.WriteStartObject(name);
                writer.WriteNumber("count"u8, count);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteStartObject("rooms"u8);
            var rooms = new SlidingRoomWriter(writer, context.Sync, context.Body.Shape);
            foreach (var section in _sections.Values)
            {
                rooms.Write(section);
            }

            writer.WriteEndObject();
            writer.WriteStartObject("extensions"u8);
            extensions.Write(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
