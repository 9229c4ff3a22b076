using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Federation;

/// <summary>
/// Gets what an event refers to and brings both into the room: <c>auth_events</c> first, then a bounded stretch of the events before it, and where that does
/// not lead back to what is known, the state at the hole.
/// </summary>
internal sealed class MissingEvents(RemoteRoom remote, Outliers outliers, IRoomGrain room, Database database, long roomNid)
{
    /// <summary>Events of one request for missing ones.</summary>
    private const int StretchCount = 20;

    /// <summary>Requests for missing events before a hole is left.</summary>
    private const int StretchesMax = 5;

    /// <summary>Rounds of "something is lacking, get it" for one event.</summary>
    private const int RoundsMax = 12;

    /// <summary>From here on a whole state is asked for instead of its events one by one.</summary>
    private const int SingleEventsMax = 30;

    private const int ParallelMax = 6;

    /// <summary>Brings an event into the room, with what it needs.</summary>
    /// <returns>Its verdict; it may still lack something that nobody gives.</returns>
    /// <exception cref="FederationException">The server does not answer.</exception>
    public async Task<PduVerdict> Bring(ServerName server, Pdu pdu, CancellationToken cancel)
    {
        var verdict = await Receive(pdu, []);
        for (var stretch = 0; verdict.Standing is PduStanding.LacksPrevEvents && stretch < StretchesMax; stretch++)
        {
            var before = await Stretch(server, pdu, cancel);
            var progress = false;
            foreach (var earlier in before)
            {
                var judged = await WithAuth(server, earlier, await Receive(earlier, []), cancel);
                progress |= judged is { IsNew: true };
            }

            verdict = await Receive(pdu, []);
            if (!progress)
            {
                // What is before these is further away: take the oldest of them with the state there.
                foreach (var earlier in before)
                {
                    await WithState(server, earlier, await Receive(earlier, []), cancel);
                }

                verdict = await Receive(pdu, []);
                break;
            }
        }

        return await WithState(server, pdu, verdict, cancel);
    }

    /// <summary>Brings history from before a gap into the room, and moves the gap.</summary>
    /// <returns>Whether there was any.</returns>
    /// <exception cref="FederationException">The server does not answer.</exception>
    public async Task<bool> Backfill(ServerName server, long gapSeq, IReadOnlyList<EventId> before, int limit, CancellationToken cancel)
    {
        var events = Reached(await remote.Backfill(server, before, limit, cancel), before);
        if (events.Count == 0)
        {
            return false;
        }

        // The oldest first, since each needs the state after those before it; its place is as far back as there are events behind it.
        var lowest = Math.Min((await database.Rooms.LoadHead(roomNid)).FirstRoomSeq, 0) - events.Count;
        for (var i = 0; i < events.Count; i++)
        {
            await History(server, events[i], lowest + i, cancel);
        }

        var known = await Known([.. events.SelectMany(pdu => pdu.PrevEvents)]);
        var given = events.Select(pdu => pdu.EventId).ToHashSet();
        var missing = events.SelectMany(pdu => pdu.PrevEvents).Distinct()
            .Where(id => !given.Contains(id) && !(known.TryGetValue(id, out var stored) && stored.Class != EventClass.Outlier)).ToList();
        await room.Receive(new ReceiveCommand { Events = [], Gap = new GapMove(gapSeq, missing.Count > 0 ? lowest : null, missing) });
        return true;
    }

    private async Task History(ServerName server, Pdu pdu, long seq, CancellationToken cancel)
    {
        IReadOnlyList<GivenState> states = [];
        for (var round = 0; round < RoundsMax; round++)
        {
            var incoming = new IncomingPdu { EventId = pdu.EventId, Json = pdu.Json, BackfillSeq = seq, States = states };
            var verdict = (await room.Receive(new ReceiveCommand { Events = [incoming] }))[0];
            if (verdict.Standing == PduStanding.LacksAuthEvents && round == 0)
            {
                await Keep(await remote.EventAuth(server, pdu.EventId, cancel));
            }
            else if (verdict.Standing == PduStanding.LacksPrevEvents)
            {
                var root = await StateBefore(server, pdu.EventId, cancel);
                states = [.. verdict.Missing.Select(prev => new GivenState(prev, root))];
            }
            else
            {
                return;
            }
        }
    }

    private async Task<PduVerdict> WithState(ServerName server, Pdu pdu, PduVerdict verdict, CancellationToken cancel)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            if (verdict.Standing == PduStanding.LacksAuthEvents)
            {
                var next = await WithAuth(server, pdu, verdict, cancel);
                if (next.Standing == PduStanding.LacksAuthEvents)
                {
                    return next;
                }

                verdict = next;
                continue;
            }

            if (verdict.Standing != PduStanding.LacksPrevEvents)
            {
                return verdict;
            }

            var states = new List<GivenState>();
            foreach (var prev in verdict.Missing)
            {
                states.Add(new GivenState(prev, await StateAfter(server, prev, cancel)));
            }

            verdict = await Receive(pdu, states);
        }

        return verdict;
    }

    private async Task<PduVerdict> WithAuth(ServerName server, Pdu pdu, PduVerdict verdict, CancellationToken cancel)
    {
        if (verdict.Standing != PduStanding.LacksAuthEvents)
        {
            return verdict;
        }

        await Keep(await remote.EventAuth(server, pdu.EventId, cancel));
        return await Receive(pdu, []);
    }

    /// <summary>The events before one that the server names as missing here, oldest first; only those that it really stands on.</summary>
    private async Task<List<Pdu>> Stretch(ServerName server, Pdu pdu, CancellationToken cancel)
    {
        var head = await database.Rooms.LoadHead(roomNid);
        var known = (await database.Rooms.EventsByNids(roomNid, head.Extremities)).Select(e => EventId.Parse(e.EventId));
        return Reached(await remote.MissingEvents(server, known, pdu.EventId, StretchCount, cancel), pdu.PrevEvents);
    }

    /// <summary>Those of the events that some events stand on, the oldest first.</summary>
    private static List<Pdu> Reached(IReadOnlyList<Pdu> events, IReadOnlyList<EventId> from)
    {
        var given = events.ToDictionary(e => e.EventId);
        var reached = new List<Pdu>();
        var open = new Queue<EventId>(from);
        while (open.TryDequeue(out var id))
        {
            if (given.Remove(id, out var earlier))
            {
                reached.Add(earlier);
                foreach (var prev in earlier.PrevEvents)
                {
                    open.Enqueue(prev);
                }
            }
        }

        return EventOrder.ByPrevEvents(reached);
    }

    /// <summary>The root of the state after an event that is not here, as the server tells it; each of its events is checked.</summary>
    private Task<long> StateAfter(ServerName server, EventId prev, CancellationToken cancel) => StateAt(server, prev, prev, cancel);

    /// <summary>The root of the state before an event.</summary>
    private Task<long> StateBefore(ServerName server, EventId at, CancellationToken cancel) => StateAt(server, at, null, cancel);

    private async Task<long> StateAt(ServerName server, EventId prev, EventId? with, CancellationToken cancel)
    {
        var (state, chain) = await remote.StateIds(server, prev, cancel);
        var wanted = state.Concat(chain).ToHashSet();
        if (with is { } last)
        {
            wanted.Add(last);
        }

        var known = await Known(wanted);
        var missing = wanted.Where(id => !known.ContainsKey(id)).ToList();
        if (missing.Count > 0)
        {
            var fetched = missing.Count > SingleEventsMax ? await remote.State(server, prev, cancel) : await Single(server, missing, cancel);
            if (missing.Count > SingleEventsMax && with is { } after && await remote.Event(server, after, cancel) is { } single)
            {
                fetched.Add(single);
            }

            await Keep(fetched.Where(pdu => wanted.Contains(pdu.EventId)).ToList());
            known = await Known(wanted);
        }

        var entries = new Dictionary<StateKey, long>();
        foreach (var id in with is { } own ? state.Append(own) : state)
        {
            if (known.TryGetValue(id, out var stored) && stored is { StateKey: { } key, Class: not EventClass.Rejected })
            {
                entries[new StateKey(stored.Type, key)] = stored.Nid;
            }
        }

        return await outliers.State([.. entries.Select(e => (e.Key, e.Value))]);
    }

    private async Task<List<Pdu>> Single(ServerName server, List<EventId> ids, CancellationToken cancel)
    {
        var found = new Pdu?[ids.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, ids.Count),
            new ParallelOptions { MaxDegreeOfParallelism = ParallelMax, CancellationToken = cancel },
            async (i, stop) => found[i] = await remote.Event(server, ids[i], stop));
        return [.. found.OfType<Pdu>()];
    }

    private async Task<Dictionary<EventId, Storage.Rooms.StoredEvent>> Known(IReadOnlyCollection<EventId> ids)
    {
        var known = new Dictionary<EventId, Storage.Rooms.StoredEvent>(ids.Count);
        foreach (var chunk in ids.Chunk(500))
        {
            foreach (var stored in await database.Rooms.EventsByIds(roomNid, chunk))
            {
                known[EventId.Parse(stored.EventId)] = stored;
            }
        }

        return known;
    }

    /// <summary>Keeps events without a place; those that are not allowed are kept as rejected, so that nothing is built on them.</summary>
    private async Task Keep(IReadOnlyCollection<Pdu> events)
    {
        var kept = await outliers.Keep(events);
        if (kept.Rejected.Count > 0)
        {
            await room.Receive(new ReceiveCommand
            {
                Events = [.. kept.Rejected.Select(r => new IncomingPdu { EventId = r.Pdu.EventId, Json = r.Pdu.Json, Rejection = r.Reason })],
            });
        }
    }

    private async Task<PduVerdict> Receive(Pdu pdu, IReadOnlyList<GivenState> states) =>
        (await room.Receive(new ReceiveCommand { Events = [new IncomingPdu { EventId = pdu.EventId, Json = pdu.Json, States = states }] }))[0];
}
