using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Reads for other servers go to storage; what changes the room goes through the room's own grain.</summary>
[StatelessWorker]
public sealed class ResidentGrain(Database database, PduChecks checks, TenantKeys keys, RemoteInvitations invitations, TimeProvider time) : Grain, IResidentGrain
{
    /// <summary>Most events of one answer to backfill and get_missing_events.</summary>
    private const int EventsMax = 100;

    /// <summary>Events that are looked at to find them.</summary>
    private const int WalkMax = 1_000;

    private RoomId Id => RoomId.Parse(this.GetPrimaryKeyString());

    private IRoomGrain Room => GrainFactory.GetGrain<IRoomGrain>(this.GetPrimaryKeyString());

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask<ReadOnlyMemory<byte>> Event(ServerAsker asker, EventId id)
    {
        var view = await ServerView.OpenFromInside(database, Id, asker);
        var stored = await database.Rooms.EventById(view.Room.Nid, id) is { Class: not EventClass.Rejected } known
            ? known
            : throw new MatrixException(MatrixError.NotFound, "Event not found");
        return PduAnswer.Transaction(asker.Tenant.Value, NowMs, [await view.Shown(stored)]);
    }

    public async ValueTask<ReadOnlyMemory<byte>> State(ServerAsker asker, EventId at, bool idsOnly)
    {
        var view = await ServerView.OpenFromInside(database, Id, asker);
        var root = (await view.Placed(at)).StateBefore;
        var state = await view.Load(await database.States.All(view.Room.Nid, root));
        var chain = await view.AuthChain(state);
        return PduAnswer.Write(writer =>
        {
            if (idsOnly)
            {
                PduAnswer.Ids(writer, "pdu_ids", state.Select(e => e.EventId));
                PduAnswer.Ids(writer, "auth_chain_ids", chain.Select(e => e.EventId));
            }
            else
            {
                PduAnswer.List(writer, "pdus", state.Select(e => e.Json));
                PduAnswer.List(writer, "auth_chain", chain.Select(e => e.Json));
            }
        });
    }

    public async ValueTask<ReadOnlyMemory<byte>> EventAuth(ServerAsker asker, EventId id)
    {
        var view = await ServerView.OpenFromInside(database, Id, asker);
        var stored = await database.Rooms.EventById(view.Room.Nid, id) ?? throw new MatrixException(MatrixError.NotFound, "Event not found");
        var chain = await view.AuthChain([stored]);
        return PduAnswer.Write(writer => PduAnswer.List(writer, "auth_chain", chain.Select(e => e.Json)));
    }

    public async ValueTask<ReadOnlyMemory<byte>> Backfill(ServerAsker asker, IReadOnlyList<EventId> from, int limit)
    {
        var view = await ServerView.OpenFromInside(database, Id, asker);
        var events = await Walk(view, from, [], Math.Clamp(limit, 1, EventsMax), 0);
        return PduAnswer.Transaction(asker.Tenant.Value, NowMs, await Shown(view, events));
    }

    public async ValueTask<ReadOnlyMemory<byte>> MissingEvents(ServerAsker asker, MissingEventsQuery query)
    {
        var view = await ServerView.OpenFromInside(database, Id, asker);
        var latest = await database.Rooms.Edges(view.Room.Nid, [.. query.Latest.Take(EventsMax)]);
        var earliest = query.Earliest.Take(WalkMax).Concat(query.Latest).ToHashSet();
        var events = await Walk(view, [.. latest.SelectMany(e => e.Prev)], earliest, Math.Clamp(query.Limit, 0, EventsMax), query.MinDepth);

        // The oldest first: whoever takes them in this order has what each follows.
        events.Reverse();
        var shown = await Shown(view, events);
        return PduAnswer.Write(writer => PduAnswer.List(writer, "events", shown));
    }

    public async ValueTask<ReadOnlyMemory<byte>> NearestTo(ServerAsker asker, long ts, bool backwards)
    {
        var view = await ServerView.OpenFromInside(database, Id, asker);
        var stored = (await database.Rooms.NearestTo(view.Room.Nid, ts, backwards, null, long.MaxValue, 1)).FirstOrDefault()
            ?? throw new MatrixException(MatrixError.NotFound, $"Unable to find event from {ts} in {(backwards ? "backward" : "forward")} direction");
        return PduAnswer.Write(writer =>
        {
            writer.WriteString("event_id"u8, stored.EventId);
            writer.WriteNumber("origin_server_ts"u8, stored.OriginServerTs);
        });
    }

    public async ValueTask<ReadOnlyMemory<byte>> Make(ServerAsker asker, UserId user, MembershipAction action, IReadOnlyList<string>? versions)
    {
        var view = await ServerView.Open(database, Id, asker);
        if (user.ServerName != asker.Server)
        {
            throw new MatrixException(MatrixError.Forbidden, "The user is not of the asking server");
        }

        if (versions is not null && !versions.Contains(view.Room.Version))
        {
            throw new MatrixException(MatrixError.IncompatibleRoomVersion, $"The room has version {view.Room.Version}")
            {
                ExtraJson = $$"""{"room_version":"{{view.Room.Version}}"}""",
            };
        }

        var template = await Room.Template(new MembershipRequest { Action = action, Sender = user, Target = user });
        return PduAnswer.Write(writer =>
        {
            writer.WriteString("room_version"u8, template.RoomVersion);
            writer.WritePropertyName("event"u8);
            writer.WriteRawValue(template.Json.Span, skipInputValidation: true);
        });
    }

    public async ValueTask<ReadOnlyMemory<byte>> Take(ServerAsker asker, EventId id, MembershipAction action, ReadOnlyMemory<byte> json, bool omitMembers)
    {
        var view = await ServerView.Open(database, Id, asker);
        var pdu = await new HandedMembers(checks, keys, Room).Read(view, asker, id, action, json);
        var verdict = (await Room.Receive(new ReceiveCommand
        {
            Events = [new IncomingPdu { EventId = pdu.EventId, Json = pdu.Json, MustBeAllowedNow = true, RelayedBy = asker.Tenant.Value }],
        }))[0];
        if (verdict.Standing != PduStanding.Accepted)
        {
            throw verdict.Standing is PduStanding.LacksPrevEvents or PduStanding.LacksAuthEvents
                ? new MatrixException(MatrixError.InvalidParam, "The event refers to events that are not in the room")
                : new MatrixException(MatrixError.Forbidden, verdict.Reason.Length > 0 ? verdict.Reason : "The event is not allowed");
        }

        return action switch
        {
            MembershipAction.Join => await Joined(view, asker, pdu, omitMembers),
            MembershipAction.Knock => await Knocked(view),
            _ => "{}"u8.ToArray(),
        };
    }

    public async ValueTask Exchange(ServerAsker asker, ReadOnlyMemory<byte> json)
    {
        await ServerView.Open(database, Id, asker);
        await invitations.Exchange(Room, Id, asker, json);
    }

    private async Task<ReadOnlyMemory<byte>> Joined(ServerView view, ServerAsker asker, Pdu join, bool omitMembers)
    {
        var stored = await view.Placed(join.EventId);
        var all = await view.Load(await database.States.All(view.Room.Nid, stored.StateBefore));
        var state = omitMembers ? await JoinState.Without(database, view, all, join) : all;
        var chain = await view.AuthChain([.. state, stored]);
        if (omitMembers)
        {
            var given = state.Select(e => e.Nid).ToHashSet();
            chain.RemoveAll(e => given.Contains(e.Nid));
        }

        var servers = all.Where(e => e.Type == EventTypes.Member && MembershipText.Of(view.Parse(e)) == Membership.Join)
            .Select(e => UserId.TryParse(e.StateKey, out var user) ? user.ServerName.Value : null).OfType<string>().Distinct().ToList();
        return PduAnswer.Write(writer =>
        {
            writer.WriteString("origin"u8, asker.Tenant.Value);
            writer.WriteBoolean("members_omitted"u8, omitMembers);
            if (omitMembers)
            {
                PduAnswer.Ids(writer, "servers_in_room", servers);
            }

            writer.WritePropertyName("event"u8);
            writer.WriteRawValue(stored.Json.Span, skipInputValidation: true);
            PduAnswer.List(writer, "state", state.Select(e => e.Json));
            PduAnswer.List(writer, "auth_chain", chain.Select(e => e.Json));
        });
    }

    private async Task<ReadOnlyMemory<byte>> Knocked(ServerView view)
    {
        var state = await JoinState.Preview(view, view.CurrentState);
        return PduAnswer.Write(writer => PduAnswer.List(writer, "knock_room_state", state.Select(pdu => pdu.Json)));
    }

    /// <summary>Breadth first along <c>prev_events</c>, the newest first; rejected events and those without a place are not given.</summary>
    private async ValueTask<List<StoredEvent>> Walk(ServerView view, IReadOnlyList<EventId> from, HashSet<EventId> without, int limit, long minDepth)
    {
        var found = new List<StoredEvent>();
        var seen = new HashSet<EventId>(without);
        var open = from.Where(seen.Add).ToList();
        for (var looked = 0; open.Count > 0 && found.Count < limit && looked < WalkMax; looked += open.Count)
        {
            var level = await database.Rooms.EventsByIds(view.Room.Nid, open);
            var next = new List<EventId>();
            foreach (var stored in level.Where(e => e.Depth >= minDepth && e.Class != EventClass.Outlier).OrderByDescending(e => e.Depth).ThenByDescending(e => e.RoomSeq))
            {
                if (stored.Class != EventClass.Rejected)
                {
                    found.Add(stored);
                }

                next.AddRange(view.Parse(stored).PrevEvents.Where(seen.Add));
            }

            open = next;
        }

        return [.. found.Take(limit)];
    }

    private static async ValueTask<List<ReadOnlyMemory<byte>>> Shown(ServerView view, List<StoredEvent> events)
    {
        var shown = new List<ReadOnlyMemory<byte>>(events.Count);
        foreach (var stored in events)
        {
            shown.Add(await view.Shown(stored));
        }

        return shown;
    }
}
