using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// Judges events that were made elsewhere and works out where they take the room (Server-Server API, "Checks performed on receipt of a PDU", steps 4
/// to 6; the steps before need no room). Changes nothing by itself: the grain takes the result if the room has not moved meanwhile.
/// </summary>
/// <remarks>
/// <code>
///   auth_events ─> rejected?          prev_events ─> state before (merged) ─> rejected?     current state ─> soft-failed?
///   accepted: extremities without its predecessors, with it ─> their states merged = current state ─> deltas
/// </code>
/// </remarks>
internal sealed class Reception(RoomMemory room, RoomGraph graph, StateMerge merge, Database database, Func<Task> settle)
{
    /// <summary>Predecessors without a place in the timeline (rejected, soft-failed) that are looked behind for extremities.</summary>
    private const int LookBehindMax = 100;

    public async Task<Received> Judge(IncomingPdu incoming)
    {
        graph.Considered = null;
        try
        {
            return await JudgeNow(incoming);
        }
        finally
        {
            graph.Considered = null;
        }
    }

    private async Task<Received> JudgeNow(IncomingPdu incoming)
    {
        var id = incoming.EventId;
        var known = (await graph.Load([id])).GetValueOrDefault(id);
        if (known is not null && known.Class != EventClass.Outlier)
        {
            // Whatever was decided stays decided.
            return Received.Nothing(id, Received.Standing(known.Class), "");
        }

        var pdu = known?.Pdu ?? PduReader.ReadStored(incoming.Json, room.Version, id);
        if (pdu.Type == EventTypes.Create && room.Head.Version > 0 && incoming.BackfillSeq is null)
        {
            return Received.Nothing(id, PduStanding.Refused, "the room has a create event");
        }

        if (incoming.Rejection is { } rejection)
        {
            return Set(pdu, known, incoming, EventClass.Rejected, rejection, new Merged(0, []), 0);
        }

        // 4. Passes authorisation rules based on the event's auth events, otherwise it is rejected.
        var authEvents = await graph.Load(pdu.AuthEvents);
        if (pdu.AuthEvents.FirstOrDefault(e => !authEvents.ContainsKey(e)) is { Value: not null })
        {
            return Received.Nothing(id, PduStanding.LacksAuthEvents, "auth_events are not known", [.. pdu.AuthEvents.Where(e => !authEvents.ContainsKey(e))]);
        }

        var create = room.Version.RoomIdIsCreateHash ? (await graph.Load([room.Id.CreateEvent()])).Values.FirstOrDefault() : null;
        var verdict = AuthRules.CheckAgainstAuthEvents(
            pdu,
            [.. pdu.AuthEvents.Select(e => authEvents[e].Pdu)],
            create?.Pdu,
            cited => authEvents.TryGetValue(cited.EventId, out var place) ? place.Class == EventClass.Rejected : create is { Class: EventClass.Rejected },
            AuthContext.SignaturesChecked);

        // 5. Passes authorisation rules based on the state before the event, otherwise it is rejected.
        var prev = await graph.Load(pdu.PrevEvents);
        var given = incoming.States.ToDictionary(s => s.Prev, s => s.Root);
        var missing = pdu.PrevEvents.Where(e => !given.ContainsKey(e) && !(prev.TryGetValue(e, out var place) && place.HasState)).ToList();
        if (missing.Count > 0)
        {
            return Received.Nothing(id, PduStanding.LacksPrevEvents, "prev_events are not known", missing);
        }

        var before = await StateBefore(pdu, prev, given);
        if (verdict.Allowed)
        {
            verdict = await Check(pdu, before.Root);
        }

        if (!verdict.Allowed)
        {
            return incoming.MustBeAllowedNow
                ? Received.Nothing(id, PduStanding.Refused, verdict.Reason)
                : Set(pdu, known, incoming, EventClass.Rejected, verdict.Reason, before, before.Root);
        }

        var nodes = new List<StateNode>(before.Nodes);
        var nid = known?.Nid ?? database.Numbers.NextEventNid();
        var after = await Apply(pdu, nid, before.Root, nodes);
        if (incoming.BackfillSeq is { } seq)
        {
            return await Backfilled(pdu, known, nid, incoming, seq, before.Root, after, nodes);
        }

        // 6. Passes authorisation rules based on the current state of the room, otherwise it is "soft failed".
        var head = room.Head;
        if (!incoming.Rejoins && head.Version > 0 && head.CurrentState != before.Root && await Check(pdu, head.CurrentState) is { Allowed: false } now)
        {
            return incoming.MustBeAllowedNow
                ? Received.Nothing(id, PduStanding.Refused, now.Reason)
                : Set(pdu, known, incoming, EventClass.SoftFailed, now.Reason, new Merged(before.Root, nodes), after, nid);
        }

        return await Accept(pdu, known, nid, incoming, head, before.Root, after, nodes, missing: given.Keys);
    }

    private async ValueTask<Merged> StateBefore(Pdu pdu, Dictionary<EventId, Place> prev, Dictionary<EventId, long> given)
    {
        var head = room.Head;
        if (given.Count == 0 && head.Extremities.Length == pdu.PrevEvents.Length && head.Extremities.All(e => prev.ContainsKey(e.Id)))
        {
            return new Merged(head.CurrentState, []);
        }

        return await merge.Merge(pdu.PrevEvents.Select(e => given.TryGetValue(e, out var root) ? root : prev[e].StateAfter), settle);
    }

    /// <summary>The authorization rules by a whole state; what a rule asks for beyond the usual is loaded, and the rules are asked again.</summary>
    private async ValueTask<Verdict> Check(Pdu pdu, long root)
    {
        var state = new Dictionary<StateKey, Pdu?>();
        List<StateKey> wanted = [StateKey.Create, StateKey.PowerLevels, StateKey.JoinRules, StateKey.Member(pdu.Sender), .. AuthEventSelection.Keys(pdu)];
        while (true)
        {
            foreach (var key in wanted.Distinct())
            {
                state[key] = await StateEvent(root, key);
            }

            wanted = [];
            var verdict = AuthRules.CheckAgainstState(pdu, Find, AuthContext.SignaturesChecked);
            if (wanted.Count == 0)
            {
                return verdict;
            }
        }

        Pdu? Find(StateKey key)
        {
            if (!state.TryGetValue(key, out var found))
            {
                wanted.Add(key);
            }

            return found;
        }
    }

    private async ValueTask<long> Apply(Pdu pdu, long nid, long before, List<StateNode> nodes)
    {
        if (pdu.Key is not { } key)
        {
            return before;
        }

        long after;
        while (!database.States.TryApply(room.Nid, before, [(key, nid)], nodes, out after))
        {
            await database.States.LoadPath(room.Nid, before, [key]);
        }

        return after;
    }

    private async Task<Received> Accept(
        Pdu pdu, Place? known, long nid, IncomingPdu incoming, RoomHead head, long before, long after, List<StateNode> nodes, IReadOnlyCollection<EventId> missing)
    {
        var fills = !incoming.Rejoins && head.Version > 0 && await FillsGap(pdu.EventId);
        List<Extremity> extremities = incoming.Rejoins ? [] : [.. head.Extremities];
        var current = head.CurrentState;
        if (!fills)
        {
            // The state of what follows a filled gap is known already; only new ends of the graph move the current state.
            var passed = await Passed(pdu);
            extremities.RemoveAll(e => passed.Contains(e.Id));
            extremities.Add(room.Extremity(nid, pdu, after));
            graph.Considered = new Place(nid, pdu, EventClass.Accepted, before, after, null);
            var merged = await merge.Merge(extremities.Select(e => e.StateAfter), settle);
            current = merged.Root;
            nodes.AddRange(merged.Nodes);
        }

        var changes = await Changes(head.CurrentState, current, nid, pdu);
        var (joined, invited) = (head.JoinedCount, head.InvitedCount);
        foreach (var change in changes)
        {
            joined += Count(change.Tail.NewMembership, Membership.Join) - Count(change.Tail.OldMembership, Membership.Join);
            invited += Count(change.Tail.NewMembership, Membership.Invite) - Count(change.Tail.OldMembership, Membership.Invite);
        }

        var version = head.Version;
        var entries = new List<RoomEntry>(2);
        var tail = new List<TailEntry>(2);
        var packed = EventNids.Pack([.. extremities.Select(e => e.Nid)]);
        if (missing.Count > 0)
        {
            version++;
            entries.Add(new RoomEntry
            {
                Kind = LogKind.Gap,
                RoomSeq = head.RoomSeq + 1,
                StateBefore = head.CurrentState,
                StateAfter = head.CurrentState,
                CurrentState = head.CurrentState,
                JoinedCount = head.JoinedCount,
                InvitedCount = head.InvitedCount,
                Missing = Gap.Pack(missing),
            });
            tail.Add(new TailEntry(null, [], head.CurrentState, head.JoinedCount, head.InvitedCount) { IsGap = true });
        }

        var next = head with
        {
            Version = version + 1,
            RoomSeq = head.RoomSeq + 1,
            CurrentState = current,
            Extremities = [.. extremities],
            JoinedCount = joined,
            InvitedCount = invited,
        };
        var (entry, shown) = await Entry(pdu, known, nid, incoming, EventClass.Accepted, next.RoomSeq, before, after, head);
        entries.Add(entry with
        {
            CurrentState = current,
            JoinedCount = joined,
            InvitedCount = invited,
            Extremities = packed,
            Deltas = [.. changes.Select(c => c.Row)],
        });
        tail.Add(new TailEntry(shown, [.. changes.Select(c => c.Tail)], current, joined, invited));
        return new Received
        {
            Verdict = new PduVerdict(pdu.EventId, PduStanding.Accepted, "", [], true),
            Head = next,
            Place = new Place(nid, pdu, EventClass.Accepted, before, after, next.RoomSeq),
            Entries = entries,
            Tail = tail,
            Nodes = nodes,
            Changes = [.. changes.Select(c => (c.Tail.Key, c.Tail.NewNid is { } changed ? new StateEntry(changed, c.Tail.New!) : null))],
        };
    }

    private async Task<Received> Backfilled(Pdu pdu, Place? known, long nid, IncomingPdu incoming, long seq, long before, long after, List<StateNode> nodes)
    {
        var head = room.Head;
        var next = head with { Version = head.Version + 1, FirstRoomSeq = Math.Min(head.FirstRoomSeq, seq) };
        var (entry, _) = await Entry(pdu, known, nid, incoming, EventClass.Accepted, seq, before, after, head);
        return new Received
        {
            Verdict = new PduVerdict(pdu.EventId, PduStanding.Accepted, "", [], true),
            Head = next,
            Place = new Place(nid, pdu, EventClass.Accepted, before, after, seq),
            Entries = [entry],
            Nodes = nodes,
        };
    }

    /// <summary>An event that moves nothing: rejected or soft-failed.</summary>
    private Received Set(Pdu pdu, Place? known, IncomingPdu incoming, EventClass @class, string reason, Merged before, long after, long? number = null)
    {
        var head = room.Head;
        var nid = number ?? known?.Nid ?? database.Numbers.NextEventNid();
        var entry = new RoomEntry
        {
            Event = known is null ? Record(nid, pdu) : null,
            EventNid = nid,
            Class = @class,
            StateBefore = before.Root,
            StateAfter = after,
            CurrentState = head.CurrentState,
            JoinedCount = head.JoinedCount,
            InvitedCount = head.InvitedCount,
            RelayedBy = incoming.RelayedBy,
        };
        return new Received
        {
            Verdict = new PduVerdict(pdu.EventId, Received.Standing(@class), reason, [], true),
            Head = head with { Version = head.Version + 1 },
            Place = new Place(nid, pdu, @class, before.Root, after, null),
            Entries = [entry],
            Tail = [new TailEntry(null, [], head.CurrentState, head.JoinedCount, head.InvitedCount)],
            Nodes = before.Nodes,
        };
    }

    private async ValueTask<(RoomEntry Entry, TailEvent Shown)> Entry(
        Pdu pdu, Place? known, long nid, IncomingPdu incoming, EventClass @class, long seq, long before, long after, RoomHead head)
    {
        var levels = PowerLevels.Of(await StateEvent(before, StateKey.Create), await StateEvent(before, StateKey.PowerLevels));
        var facts = new PushFacts(head.JoinedCount, levels.UserLevel(pdu.Sender) >= levels.Notification("room"));
        var relation = pdu.IsState ? null : EventRelation.Of(pdu);
        var thread = relation is { } related ? await ThreadRoot(related) : null;
        var (redacts, later) = await Redacts(pdu, levels);
        var earlier = await RedactedBy(pdu);
        var entry = new RoomEntry
        {
            Event = known is null ? Record(nid, pdu) : null,
            EventNid = nid,
            Class = @class,
            RoomSeq = seq,
            StateBefore = before,
            StateAfter = after,
            CurrentState = head.CurrentState,
            JoinedCount = head.JoinedCount,
            InvitedCount = head.InvitedCount,
            Facts = facts,
            ThreadRoot = thread,
            Relation = relation is { } r ? new Relation(r.Target, r.Type) : null,
            RedactsEventId = redacts?.Value,
            RedactsLater = later,
            RedactedBy = [.. earlier.Select(p => (pdu.EventId, p.Nid))],
            RelayedBy = incoming.RelayedBy,
        };
        var shown = new TailEvent
        {
            Pdu = pdu,
            Nid = nid,
            RoomSeq = seq,
            StateBefore = before,
            StateAfter = after,
            Facts = facts,
            ThreadRoot = thread,
            Redacts = redacts?.Value,
            RedactedBecause = earlier.FirstOrDefault()?.Pdu,
            Replaces = pdu.Key is { } key ? await StateEvent(before, key) : null,
        };
        return (entry, shown);
    }

    private async ValueTask<Pdu?> StateEvent(long root, StateKey key) =>
        await database.States.Get(room.Nid, root, key) is { } nid ? (await graph.Load([nid]))[nid].Pdu : null;

    private async ValueTask<string?> ThreadRoot(EventRelation relation) =>
        relation.Type == EventRelation.Thread ? relation.Target.Value : (await database.Rooms.EventById(room.Nid, relation.Target))?.ThreadRoot;

    /// <summary>
    /// What a redaction may redact (Room Versions, "Handling redactions"): anything where its sender has the redact level, else events from the
    /// sender's own server. One whose target is not here waits for it.
    /// </summary>
    private async ValueTask<(EventId? Now, (EventId Target, ServerName Domain)? Later)> Redacts(Pdu pdu, PowerLevels levels)
    {
        if (pdu.Redacts is not { } target)
        {
            return (null, null);
        }

        var found = (await graph.Load([target])).GetValueOrDefault(target);
        if (levels.UserLevel(pdu.Sender) >= levels.Redact)
        {
            return (found?.Pdu.Type == EventTypes.Create ? null : target, null);
        }

        return found is null
            ? (null, (target, pdu.Sender.ServerName))
            : (found.Pdu.Sender.ServerName == pdu.Sender.ServerName && found.Pdu.Type != EventTypes.Create ? target : null, null);
    }

    /// <summary>Accepted redactions of the event that came before it.</summary>
    private async ValueTask<List<Place>> RedactedBy(Pdu pdu)
    {
        var earlier = await database.Rooms.Graph.EarlierRedactions(room.Nid, pdu.EventId);
        var counting = earlier.Where(r => pdu.Type != EventTypes.Create && (r.Domain is null || r.Domain == pdu.Sender.ServerName)).Select(r => r.RedactionNid).ToHashSet();
        return counting.Count == 0 ? [] : [.. (await graph.Load(counting)).Values];
    }

    /// <summary>The predecessors of an event as far as there may be extremities among them: through those that are none because they are not shown.</summary>
    private async ValueTask<HashSet<EventId>> Passed(Pdu pdu)
    {
        var passed = new HashSet<EventId>(pdu.PrevEvents);
        var open = new Queue<EventId>(passed);
        for (var looked = 0; looked < LookBehindMax && open.TryDequeue(out var id); looked++)
        {
            if ((await graph.Load([id])).GetValueOrDefault(id) is { Class: EventClass.Rejected or EventClass.SoftFailed } place)
            {
                foreach (var prev in place.Pdu.PrevEvents)
                {
                    if (passed.Add(prev))
                    {
                        open.Enqueue(prev);
                    }
                }
            }
        }

        return passed;
    }

    /// <summary>Whether the event is one that a gap lacks: something that follows it is here already.</summary>
    private async ValueTask<bool> FillsGap(EventId id) =>
        (await database.Rooms.Graph.Gaps(room.Nid)).Any(gap => Gap.Unpack(gap.Missing.Span).Contains(id));

    /// <summary>The keys in which two current states differ.</summary>
    private async ValueTask<List<(TailDelta Tail, StateDelta Row)>> Changes(long from, long to, long nid, Pdu pdu)
    {
        var changes = new List<(TailDelta, StateDelta)>();
        if (from == to)
        {
            return changes;
        }

        var differences = await database.States.Diff(room.Nid, from, to);
        var events = await graph.Load([.. differences.SelectMany(d => new[] { d.A, d.B }).OfType<long>().Where(n => n != nid).Distinct()]);
        foreach (var (_, oldNid, newNid) in differences)
        {
            var old = oldNid is { } o ? At(o) : null;
            var now = newNid is { } n ? At(n) : null;
            var key = (now ?? old)!.Key!.Value;
            var isMember = key.Type == EventTypes.Member;
            var (was, becomes) = isMember ? (MembershipText.Of(old), MembershipText.Of(now)) : default;
            changes.Add((
                new TailDelta(key, newNid, now, was, becomes),
                new StateDelta(key.Type, key.Key, oldNid, newNid, was, becomes)
                {
                    Sender = now?.Sender,
                    DisplayName = isMember ? now?.ContentString("displayname") : null,
                    AvatarUrl = isMember ? now?.ContentString("avatar_url") : null,
                }));
        }

        return changes;

        Pdu At(long number) => number == nid ? pdu : events[number].Pdu;
    }

    private static EventRecord Record(long nid, Pdu pdu) =>
        new(nid, pdu.EventId, pdu.Type, pdu.StateKey, pdu.Sender, pdu.OriginServerTs, pdu.Depth, pdu.Json, pdu.PrevEvents, pdu.AuthEvents);

    private static int Count(Membership membership, Membership counted) => membership == counted ? 1 : 0;
}
