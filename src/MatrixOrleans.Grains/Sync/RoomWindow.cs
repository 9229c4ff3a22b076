using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Reading;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Sync;

/// <summary>What happened in a room between two positions of the log.</summary>
/// <param name="Timeline">The newest events that pass the filter, in timeline order.</param>
/// <param name="Limited">There are older ones in the window, or a gap.</param>
/// <param name="Deltas">Every change of the current state, oldest first.</param>
/// <param name="CurrentState">Root of the state at the end of the window.</param>
/// <param name="LastSeq">Highest <c>room_seq</c> at the end of the window.</param>
/// <param name="RelatedTo">All events of the window to which others relate, and perhaps older ones; <c>null</c> where that is not known.</param>
internal sealed record RoomWindow(
    List<TailEvent> Timeline, bool Limited, IReadOnlyList<TailDelta> Deltas, long CurrentState, int JoinedCount, int InvitedCount, long? LastSeq, IReadOnlySet<EventId>? RelatedTo = null)
{
    /// <summary>Of a room in which no event and no change of state happened; where it stands is not known, nor needed.</summary>
    public static readonly RoomWindow Empty = new([], false, [], 0, 0, 0, null);
}

/// <summary>Reads windows from the tail, without the database, when they lie in it; else from storage.</summary>
public sealed class RoomWindows(Database database, Tail tail, EventCache cache)
{
    /// <summary>Events that are looked at, at the most, to fill a page through a filter.</summary>
    private const int ScanMax = 2_000;

    internal RecentPushEvents PushEvents { get; } = new();

    /// <param name="after">Exclusive; -1 for everything.</param>
    /// <param name="withState">Where the room stands is wanted even when nothing happened.</param>
    internal async ValueTask<RoomWindow> Read(UserRoom room, long after, long upto, int limit, RoomEventFilter filter, bool withState)
    {
        if (after >= tail.Start)
        {
            var entries = tail.RoomEntries(room.RoomNid, after, upto);
            if (entries.Count > 0)
            {
                return FromTail(entries, limit, filter);
            }

            if (!withState)
            {
                return RoomWindow.Empty;
            }
        }

        return await FromStorage(room, after, upto, limit, filter);
    }

    /// <summary>Parsed events by number, from memory where they are there.</summary>
    internal async ValueTask<List<Pdu>> Events(long roomNid, string roomVersion, IReadOnlyCollection<long> nids)
    {
        var found = new List<Pdu>(nids.Count);
        List<long>? missing = null;
        foreach (var nid in nids)
        {
            if (cache.TryGet(roomNid, nid) is { } pdu)
            {
                found.Add(pdu);
            }
            else
            {
                (missing ??= []).Add(nid);
            }
        }

        if (missing is not null)
        {
            var version = RoomVersions.Get(roomVersion);
            foreach (var stored in await database.Rooms.EventsByNids(roomNid, missing))
            {
                found.Add(Parse(roomNid, version, stored));
            }
        }

        return found;
    }

    /// <summary>The state event of a key under a root; <c>null</c> when there is none.</summary>
    internal async ValueTask<Pdu?> StateEvent(long roomNid, string roomVersion, long root, StateKey key)
    {
        if (!database.States.TryGetCached(roomNid, root, key, out var nid))
        {
            nid = await database.States.Get(roomNid, root, key);
        }

        return nid is { } number ? (await Events(roomNid, roomVersion, [number])).SingleOrDefault() : null;
    }

    internal async Task<List<Pdu>> WholeState(long roomNid, string roomVersion, long root) =>
        await Events(roomNid, roomVersion, [.. await database.States.All(roomNid, root)]);

    private static RoomWindow FromTail(List<(long Position, TailEntry Item)> entries, int limit, RoomEventFilter filter)
    {
        var timeline = new List<TailEvent>();
        var limited = false;
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Item.IsGap)
            {
                // What lies before is not what came before: the client asks for the history there.
                limited = true;
                break;
            }

            if (entries[i].Item.Event is { RoomSeq: not null } shown && filter.Passes(shown.Pdu))
            {
                if (timeline.Count == limit)
                {
                    limited = true;
                    break;
                }

                timeline.Add(shown);
            }
        }

        timeline.Reverse();
        var last = entries[^1].Item;
        return new RoomWindow(
            timeline,
            limited,
            [.. entries.SelectMany(entry => entry.Item.Deltas)],
            last.CurrentState,
            last.JoinedCount,
            last.InvitedCount,
            entries.Max(entry => entry.Item.Event?.RoomSeq ?? 0),
            entries.Select(entry => entry.Item.Event is { } shown ? EventRelation.Of(shown.Pdu)?.Target : null).OfType<EventId>().ToHashSet());
    }

    private async Task<RoomWindow> FromStorage(UserRoom room, long after, long upto, int limit, RoomEventFilter filter)
    {
        var at = await database.Rooms.At(room.RoomNid, upto) ?? throw new InvalidDataException($"Room {room.RoomId} has no state at {upto}");
        var version = RoomVersions.Get(room.RoomVersion);
        var page = await database.Rooms.TimelineSince(room.RoomNid, after, upto, filter.PassesAll ? limit : ScanMax);
        var limited = page.Limited;
        var events = new List<TailEvent>();
        var gap = page.Events.Count == 0
            ? 0
            : (await database.Rooms.Gaps(room.RoomNid, page.Events[0].RoomSeq!.Value, page.Events[^1].RoomSeq!.Value)).LastOrDefault()?.RoomSeq ?? 0;
        limited |= gap > 0;
        foreach (var stored in page.Events.Reverse().TakeWhile(stored => stored.RoomSeq >= gap || gap == 0))
        {
            var pdu = Parse(room.RoomNid, version, stored);
            if (!filter.Passes(pdu))
            {
                continue;
            }

            if (events.Count == limit)
            {
                limited = true;
                break;
            }

            events.Add(await ToTail(room, stored, pdu));
        }

        events.Reverse();
        var deltas = after < 0 ? [] : await Deltas(room, after, upto);
        return new RoomWindow(events, limited, deltas, at.CurrentState, at.JoinedCount, at.InvitedCount, at.RoomSeq);
    }

    private async Task<List<TailDelta>> Deltas(UserRoom room, long after, long upto)
    {
        var rows = await database.Rooms.Deltas(room.RoomNid, after, upto);
        var nids = rows.Where(row => row.NewNid is not null).Select(row => row.NewNid!.Value).Distinct().ToList();
        var byNid = new Dictionary<long, Pdu>();
        var version = RoomVersions.Get(room.RoomVersion);
        foreach (var stored in await database.Rooms.EventsByNids(room.RoomNid, nids))
        {
            byNid[stored.Nid] = Parse(room.RoomNid, version, stored);
        }

        return [.. rows.Select(row => new TailDelta(
            new StateKey(row.Type, row.StateKey), row.NewNid, row.NewNid is { } nid ? byNid[nid] : null, Membership.None, MembershipText.Of(row.NewNid is { } n ? byNid[n] : null)))];
    }

    internal async ValueTask<TailEvent> ToTail(UserRoom room, StoredEvent stored, Pdu pdu)
    {
        Pdu? replaces = null;
        if (pdu.Key is { } key)
        {
            replaces = await StateEvent(room.RoomNid, room.RoomVersion, stored.StateBefore, key);
        }

        return new TailEvent
        {
            Pdu = pdu,
            Nid = stored.Nid,
            RoomSeq = stored.RoomSeq,
            Position = stored.Position,
            StateBefore = stored.StateBefore,
            StateAfter = stored.StateAfter,
            Facts = stored.Facts,
            ThreadRoot = stored.ThreadRoot,
            TxnDevice = stored.TxnDevice,
            TxnId = stored.TxnId,
            Replaces = replaces,
            RedactedBecause = stored.RedactedByNid is { } redaction ? (await Events(room.RoomNid, room.RoomVersion, [redaction])).SingleOrDefault() : null,
        };
    }

    /// <summary>For reading events and states as the rooms' readers do.</summary>
    internal RoomStates NewStates() => new(database, cache);

    /// <summary>The event of a stored row.</summary>
    internal Pdu Parse(UserRoom room, StoredEvent stored) => Parse(room.RoomNid, RoomVersions.Get(room.RoomVersion), stored);

    internal Pdu Parse(long roomNid, RoomVersion version, StoredEvent stored)
    {
        if (cache.TryGet(roomNid, stored.Nid) is { } cached)
        {
            return cached;
        }

        var pdu = PduReader.ReadStored(stored.Json, version, EventId.Parse(stored.EventId));
        cache.Add(roomNid, stored.Nid, pdu);
        return pdu;
    }
}
