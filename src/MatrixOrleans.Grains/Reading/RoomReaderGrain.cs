using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Search;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Reading;

/// <summary>
/// Reads a room for one user: asks the room which version is committed, opens the room as the user may see it, and reads storage at that version
/// (DESIGN 5.3). Keeps nothing between requests but what <see cref="EventCache"/> holds.
/// </summary>
[StatelessWorker]
public sealed class RoomReaderGrain(Database database, EventCache cache, TimeProvider time) : Grain, IRoomReaderGrain
{
    /// <summary>Most events of one answer.</summary>
    private const int LimitMax = 1000;

    /// <summary>How long a reader waits for history from other servers.</summary>
    private static readonly TimeSpan BackfillWithin = TimeSpan.FromSeconds(15);

    /// <summary>Events that are looked at together for the one nearest to a time.</summary>
    private const int NearestBatch = 20;

    public async ValueTask<ReadOnlyMemory<byte>> Event(Viewer viewer, EventId id)
    {
        if (await Open(viewer) is not { } read || await Visible(read, id) is not { } visible)
        {
            throw NotFound();
        }

        return (await read.Writer.Timeline([visible]))[0];
    }

    public async ValueTask<ReadOnlyMemory<byte>> UnredactedEvent(Viewer viewer, EventId id)
    {
        if (await Open(viewer) is not { } read || await Visible(read, id) is not { } visible)
        {
            throw NotFound();
        }

        var levels = PowerLevels.Of(
            await read.States.Event(read.View.Room.CurrentState, StateKey.Create), await read.States.Event(read.View.Room.CurrentState, StateKey.PowerLevels));
        return read.View.IsJoined && levels.UserLevel(viewer.User) >= levels.Redact
            ? (await read.Writer.Timeline([visible with { Pdu = read.States.Original(visible.Stored) }]))[0]
            : throw new MatrixException(MatrixError.Forbidden, "Only those who may redact events see what was redacted");
    }

    public async ValueTask<EventPage> Messages(Viewer viewer, MessagesQuery query)
    {
        var filter = Filter(query.Filter);
        var read = await OpenOrRefuse(viewer);
        var from = await Boundary(read.View, query.From) ?? (query.Backwards ? read.View.UpToSeq : await Start(read.View));
        var until = await Boundary(read.View, query.To);
        var limit = Math.Min(Math.Clamp(query.Limit, 1, LimitMax), filter.LimitWithin(LimitMax, LimitMax));
        var page = await Page(read, filter, from, until, query.Backwards, limit);
        return new EventPage
        {
            Start = query.From ?? new RoomToken(from).ToString(),
            End = (page.Boundary ?? Newest(query, page)) is { } end ? new RoomToken(end).ToString() : null,
            Chunk = await read.Writer.Timeline(page.Events),
            State = filter.LazyLoadMembers && page.Events.Count > 0
                ? await read.Writer.State(await Members(read, page.Events, page.Events.MaxBy(e => e.RoomSeq)!.Stored.StateAfter))
                : [],
        };
    }

    /// <summary>A page; where a walk backwards comes to missing history, other servers are asked for it once.</summary>
    private async ValueTask<Walked> Page(RoomRead read, RoomEventFilter filter, long from, long? until, bool backwards, int limit)
    {
        var walk = await Walk(read, filter);
        if (backwards && (await database.Rooms.Gaps(read.View.RoomNid, from + 1, from + 1)).Count > 0)
        {
            // The page begins where the one before it had to stop.
            await Backfill(from + 1, limit);
        }

        var page = await walk.Page(from, until, backwards, limit);
        if (page.GapSeq is not { } gap || page.Events.Count >= limit || !await Backfill(gap, limit - page.Events.Count))
        {
            return page;
        }

        var older = await walk.Page(gap - 1, until, backwards, limit - page.Events.Count);
        return older with { Events = [.. page.Events, .. older.Events] };
    }

    private async ValueTask<bool> Backfill(long gapSeq, int limit)
    {
        var backfill = GrainFactory.GetGrain<IRoomIntakeGrain>(this.GetPrimaryKeyString()).Backfill(gapSeq, limit);
        return await Task.WhenAny(backfill, Task.Delay(BackfillWithin, time)) == backfill && await backfill;
    }

    /// <summary>Forwards there is a place to go on from even behind the newest event: more may come.</summary>
    private static long? Newest(MessagesQuery query, Walked page) => !query.Backwards && page.Events.Count > 0 ? page.Events[^1].RoomSeq : null;

    public async ValueTask<ContextPage> Context(Viewer viewer, EventId id, int limit, string? filter)
    {
        var parsed = Filter(filter);
        var read = await OpenOrRefuse(viewer);
        var middle = await Visible(read, id) ?? throw NotFound();
        limit = Math.Min(Math.Clamp(limit, 0, LimitMax), parsed.LimitWithin(LimitMax, LimitMax));
        var walk = await Walk(read, parsed);
        var before = await walk.Page(middle.RoomSeq - 1, null, backwards: true, limit / 2);
        var after = await walk.Page(middle.RoomSeq, null, backwards: false, limit - (limit / 2));
        var last = after.Events.Count > 0 ? after.Events[^1] : middle;
        var first = before.Events.Count > 0 ? before.Events[^1] : middle;
        return new ContextPage
        {
            Start = new RoomToken(before.Boundary ?? RoomToken.Before(first.RoomSeq).Boundary).ToString(),
            End = new RoomToken(after.Boundary ?? RoomToken.After(last.RoomSeq).Boundary).ToString(),
            Event = (await read.Writer.Timeline([middle]))[0],
            Before = await read.Writer.Timeline(before.Events),
            After = await read.Writer.Timeline(after.Events),
            State = await read.Writer.State(await ContextState(read, parsed, [.. before.Events, middle, .. after.Events], last.Stored.StateAfter)),
        };
    }

    public async ValueTask<StatePage> State(Viewer viewer, StateCursor? cursor)
    {
        var read = await OpenOrRefuse(viewer);
        return await StatePages.Read(database, read, cursor ?? StatePages.Begin(read.View, read.View.Root), static _ => true);
    }

    public async ValueTask<ReadOnlyMemory<byte>> StateEvent(Viewer viewer, StateKey key, bool wholeEvent)
    {
        var read = await OpenOrRefuse(viewer);
        var nid = await database.States.Get(read.View.RoomNid, read.View.Root, key);
        if (nid is not { } number || !(await read.States.ByNids([number])).TryGetValue(number, out var stored))
        {
            throw new MatrixException(MatrixError.NotFound, "The room has no such state");
        }

        return wholeEvent ? (await read.Writer.State([stored]))[0] : read.States.Shown(stored).ContentUtf8.ToArray();
    }

    public async ValueTask<StatePage> Members(Viewer viewer, MembersQuery query, StateCursor? cursor)
    {
        var read = await OpenOrRefuse(viewer);
        var (wanted, unwanted) = (query.Membership, query.NotMembership);
        return await StatePages.Read(database, read, cursor ?? StatePages.Begin(read.View, await RootAt(read.View, query.At)), stored =>
        {
            if (stored.Type != EventTypes.Member)
            {
                return false;
            }

            if (wanted is null && unwanted is null)
            {
                return true;
            }

            var membership = read.States.Original(stored).ContentString("membership");
            return membership == wanted || (unwanted is not null && membership != unwanted);
        });
    }

    public async ValueTask<JoinedMembersPage> JoinedMembers(Viewer viewer, string? after)
    {
        if (await Open(viewer) is not { View.IsJoined: true } read)
        {
            throw new MatrixException(MatrixError.Forbidden, "You aren't a member of the room");
        }

        const int PageSize = 5_000;
        var members = (await database.Memberships.OfRoom(read.View.RoomNid, Membership.Join))
            .Where(m => after is null || string.CompareOrdinal(m.UserId.Value, after) > 0)
            .OrderBy(m => m.UserId.Value, StringComparer.Ordinal)
            .Select(m => new JoinedMember(m.UserId.Value, m.DisplayName, m.AvatarUrl))
            .Take(PageSize + 1)
            .ToList();
        return members.Count > PageSize ? new JoinedMembersPage(members[..PageSize], true) : new JoinedMembersPage(members, false);
    }

    public async ValueTask<RelationsPage> Relations(Viewer viewer, RelationsQuery query)
    {
        if (await Open(viewer) is not { } read || await Visible(read, query.Event) is null)
        {
            throw NotFound();
        }

        var from = await Boundary(read.View, query.From) ?? (query.Backwards ? read.View.UpToSeq : long.MinValue);
        var until = await Boundary(read.View, query.To);
        var walk = new RelationWalk(database, read, await read.Ignored());
        var (targets, depth) = await walk.Targets(query.Event, query.Recurse);
        var page = await walk.Page(targets, query.RelType, query.EventType, from, until, query.Backwards, Math.Clamp(query.Limit, 1, LimitMax));
        return new RelationsPage(
            await read.Writer.Timeline(page.Events),
            page.Boundary is { } next ? new RoomToken(next).ToString() : null,
            query.From is null ? null : new RoomToken(from).ToString(),
            depth);
    }

    public async ValueTask<ThreadsPage> Threads(Viewer viewer, ThreadsQuery query)
    {
        var read = await OpenOrRefuse(viewer);
        var from = await Boundary(read.View, query.From) ?? read.View.UpToSeq;
        var page = await new ThreadList(database, read, await read.Ignored()).Page(from + 1, query.Participated, Math.Clamp(query.Limit, 1, LimitMax));
        return new ThreadsPage(await read.Writer.Timeline(page.Events), page.Boundary is { } next ? new RoomToken(next).ToString() : null);
    }

    public async ValueTask<NearestEvent?> NearestTo(Viewer viewer, long ts, bool backwards)
    {
        var read = await OpenOrRefuse(viewer);
        long? beside = null;
        for (var scanned = 0; scanned < TimelineWalk.ScanMax;)
        {
            var rows = await database.Rooms.NearestTo(read.View.RoomNid, ts, backwards, beside, read.View.UpToSeq, NearestBatch);
            foreach (var row in rows)
            {
                if (await read.Gate.Pass(row) is { } visible)
                {
                    return new NearestEvent(visible.Pdu.EventId, row.OriginServerTs);
                }

                (ts, beside) = (row.OriginServerTs, row.RoomSeq);
            }

            if (rows.Count < NearestBatch)
            {
                return null;
            }

            scanned += rows.Count;
        }

        return null;
    }

    public async ValueTask<IReadOnlyList<SearchHit>> Found(Viewer viewer, FoundEvents found) =>
        await Open(viewer) is { } read ? await new FoundReading(database, read, found, Filter(found.Filter)).Hits() : [];

    private async ValueTask<RoomRead?> Open(Viewer viewer)
    {
        if (!RoomId.TryParse(this.GetPrimaryKeyString(), out var id))
        {
            return null;
        }

        var states = new RoomStates(database, cache);
        var view = await RoomView.Open(database, states, GrainFactory.GetGrain<IRoomGrain>(id.Value), id, viewer);
        return view is null ? null : new RoomRead(database, view, states, time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private async ValueTask<RoomRead> OpenOrRefuse(Viewer viewer) => await Open(viewer) ?? throw RoomView.Refusal();

    private async ValueTask<VisibleEvent?> Visible(RoomRead read, EventId id) =>
        await database.Rooms.EventById(read.View.RoomNid, id) is { } stored ? await read.Gate.Pass(stored) : null;

    private async ValueTask<TimelineWalk> Walk(RoomRead read, RoomEventFilter filter) =>
        new(database, read.View, read.Gate, filter, await read.Ignored());

    /// <summary>The place in the room's order that a token means; <c>null</c> without a token.</summary>
    private async ValueTask<long?> Boundary(RoomView view, string? text)
    {
        if (text is null)
        {
            return null;
        }

        var token = PageToken.FromRequest(text);
        var boundary = token.Room is { } room ? room.Boundary : await database.Rooms.SeqAt(view.RoomNid, token.Sync!.Value.LogPosition);
        return Math.Min(boundary, view.UpToSeq);
    }

    /// <summary>The boundary before the room's first event.</summary>
    private async ValueTask<long> Start(RoomView view) =>
        (await database.Rooms.Timeline(view.RoomNid, long.MinValue, backwards: false, 1, null)) is [var first] ? first.RoomSeq!.Value - 1 : 0;

    /// <summary>The root of the state at a token, as far as the reader reads.</summary>
    private async ValueTask<long> RootAt(RoomView view, string? at)
    {
        if (await Boundary(view, at) is not { } boundary || boundary >= view.UpToSeq)
        {
            return view.Root;
        }

        return (await database.Rooms.Timeline(view.RoomNid, boundary + 1, backwards: true, 1, null)) is [var last] ? last.StateAfter : 0;
    }

    /// <summary>The member events of those who sent the events (Client-Server API, "Lazy-loading room members").</summary>
    private async ValueTask<IReadOnlyCollection<StoredEvent>> Members(RoomRead read, IEnumerable<VisibleEvent> events, long root)
    {
        var nids = new HashSet<long>();
        foreach (var sender in events.Select(e => e.Pdu.Sender).Distinct())
        {
            if (await database.States.Get(read.View.RoomNid, root, StateKey.Member(sender)) is { } nid)
            {
                nids.Add(nid);
            }
        }

        return (await read.States.ByNids(nids)).Values;
    }

    private async ValueTask<IReadOnlyCollection<StoredEvent>> ContextState(RoomRead read, RoomEventFilter filter, IReadOnlyList<VisibleEvent> events, long root)
    {
        var nids = await database.States.All(read.View.RoomNid, root);
        var members = filter.LazyLoadMembers ? (await Members(read, events, root)).Select(m => m.Nid).ToHashSet() : null;
        var wanted = new List<StoredEvent>();
        foreach (var chunk in nids.Chunk(LimitMax))
        {
            wanted.AddRange((await read.States.ByNids(chunk)).Values.Where(e =>
                (members is null || e.Type != EventTypes.Member || members.Contains(e.Nid)) && filter.Passes(read.States.Shown(e))));
        }

        return wanted;
    }

    private static RoomEventFilter Filter(string? json) => json is null ? RoomEventFilter.All : RoomEventFilter.Parse(System.Text.Encoding.UTF8.GetBytes(json));

    private static MatrixException NotFound() => new(MatrixError.NotFound, "Event not found");
}
