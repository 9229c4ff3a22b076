using System.Security.Cryptography;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Makes events of local users on top of what a room's grain remembers. Nothing here waits: it is the grain's critical section.</summary>
internal sealed class EventAssembly(RoomMemory room, Database database, TenantKeys keys, TimeProvider time)
{
    /// <summary>All keys of the current state that building this event looks at.</summary>
    public List<StateKey> Needed(Draft draft)
    {
        List<StateKey> keys = [.. AuthEventSelection.Keys(draft.Type, draft.Sender, draft.StateKey, draft.Json, room.Version)];
        keys.Add(StateKey.Create);
        keys.Add(StateKey.PowerLevels);
        keys.Add(StateKey.Member(draft.Sender));
        if (draft.StateKey is not null)
        {
            keys.Add(new StateKey(draft.Type, draft.StateKey));
        }

        return keys;
    }

    /// <summary>Builds, checks, signs and places an event on the head in memory. All of <see cref="Needed"/> must be at hand.</summary>
    /// <param name="redacted">The event that a redaction is for.</param>
    /// <exception cref="MatrixException">M_FORBIDDEN, M_BAD_JSON, M_TOO_LARGE</exception>
    public Built Build(Draft draft, long nid, StoredEvent? redacted)
    {
        var levels = room.Levels;
        var pdu = Signed(draft);
        if (redacted is not null && redacted.Sender != draft.Sender.Value && levels.UserLevel(draft.Sender) < levels.Redact)
        {
            throw new MatrixException(MatrixError.Forbidden, "You don't have permission to redact this event");
        }

        return Place(pdu, nid, draft, levels, room.Head, room.State.Event(StateKey.Member(draft.Sender)));
    }

    /// <summary>Builds, signs and checks an event against the current state, and leaves it unplaced. All of <see cref="Needed"/> must be at hand.</summary>
    /// <exception cref="MatrixException">M_FORBIDDEN, M_BAD_JSON, M_TOO_LARGE</exception>
    public Pdu Signed(Draft draft)
    {
        var pdu = Sign(Template(draft), draft);
        Check(pdu);
        return pdu;
    }

    /// <summary>Refuses what the current state does not allow.</summary>
    /// <exception cref="MatrixException">M_FORBIDDEN</exception>
    public void Check(Pdu pdu)
    {
#if WITHOUT_AUTHORIZATION
        var verdict = Verdict.Allow;
#else
        var verdict = AuthRules.CheckAgainstState(pdu, room.State.Event, AuthContext.SignaturesChecked);
#endif
        if (!verdict.Allowed)
        {
            throw new MatrixException(MatrixError.Forbidden, verdict.Reason);
        }
    }

    /// <summary>What the event says, on the head in memory.</summary>
    public EventTemplate Template(Draft draft) =>
        new()
        {
            RoomId = room.Id,
            Type = draft.Type,
            StateKey = draft.StateKey,
            Sender = draft.Sender,
            Content = draft.Content,
            OriginServerTs = draft.OriginServerTs ?? time.GetUtcNow().ToUnixTimeMilliseconds(),
            Depth = room.Head.NextDepth,
            PrevEvents = [.. room.Head.Extremities.Take(PduReader.PrevEventsMax).Select(e => new EventReference(e.Id, e.Hash))],
            AuthEvents = AuthEvents(draft),
            Redacts = draft.Redacts,
        };

    /// <summary>Works out where an allowed event takes the room; changes nothing yet.</summary>
    public Built Place(Pdu pdu, long nid, Draft draft, PowerLevels levels, RoomHead head, Pdu? senderMember)
    {
        var nodes = new List<StateNode>();
        var after = head.CurrentState;
        TailDelta[] deltas = [];
        StateDelta[] rows = [];
        StateEntry? old = null;
        var (joined, invited) = (head.JoinedCount, head.InvitedCount);
        if (pdu.Key is { } key)
        {
            if (!database.States.TryApply(room.Nid, head.CurrentState, [(key, nid)], nodes, out after))
            {
                return new Built { Missing = [key] };
            }

            // While a room is made its create event is in the state before it has a number.
            old = room.State.Has(key) && room.State[key] is { Nid: not 0 } known ? known : null;
            var (was, now) = key.Type == EventTypes.Member ? (MembershipText.Of(old?.Pdu), MembershipText.Of(pdu)) : default;
            joined += Count(now, Membership.Join) - Count(was, Membership.Join);
            invited += Count(now, Membership.Invite) - Count(was, Membership.Invite);
            deltas = [new TailDelta(key, nid, pdu, was, now)];
            rows =
            [
                new StateDelta(key.Type, key.Key, old?.Nid, nid, was, now)
                {
                    Sender = pdu.Sender,
                    DisplayName = key.Type == EventTypes.Member ? pdu.ContentString("displayname") : null,
                    AvatarUrl = key.Type == EventTypes.Member ? pdu.ContentString("avatar_url") : null,
                },
            ];
        }

        var next = head with { Version = head.Version + 1, RoomSeq = head.RoomSeq + 1, CurrentState = after, Extremities = [room.Extremity(nid, pdu, after)], JoinedCount = joined, InvitedCount = invited };
        var facts = new PushFacts(head.JoinedCount, levels.UserLevel(pdu.Sender) >= levels.Notification("room"));
        return new Built
        {
            Pdu = pdu,
            Nid = nid,
            Head = next,
            Nodes = nodes,
            Entry = new RoomEntry
            {
                Event = new EventRecord(nid, pdu.EventId, pdu.Type, pdu.StateKey, pdu.Sender, pdu.OriginServerTs, pdu.Depth, pdu.Json, pdu.PrevEvents, pdu.AuthEvents),
                EventNid = nid,
                RoomSeq = next.RoomSeq,
                StateBefore = head.CurrentState,
                StateAfter = after,
                CurrentState = after,
                JoinedCount = joined,
                InvitedCount = invited,
                Facts = facts,
                ThreadRoot = draft.ThreadRoot?.Value,
                Relation = draft.Relation is { } relation ? new Relation(relation.Target, relation.Type) : null,
                RedactsEventId = pdu.Redacts?.Value,
                TxnDevice = draft.TxnId is null ? null : draft.DeviceId,
                TxnId = draft.TxnId,
                Deltas = rows,
            },
            Tail = new TailEntry(
                new TailEvent
                {
                    Pdu = pdu,
                    Nid = nid,
                    RoomSeq = next.RoomSeq,
                    StateBefore = head.CurrentState,
                    StateAfter = after,
                    Facts = facts,
                    ThreadRoot = draft.ThreadRoot?.Value,
                    TxnDevice = draft.TxnId is null ? null : draft.DeviceId,
                    TxnId = draft.TxnId,
                    Redacts = pdu.Redacts?.Value,
                    SenderMember = senderMember,
                    Replaces = old?.Pdu,
                },
                deltas,
                after,
                joined,
                invited),
        };
    }

    private List<EventReference> AuthEvents(Draft draft)
    {
        var references = new List<EventReference>();
        foreach (var key in AuthEventSelection.Keys(draft.Type, draft.Sender, draft.StateKey, draft.Json, room.Version))
        {
            if (room.State.Event(key) is { } pdu)
            {
                references.Add(new EventReference(pdu.EventId, room.Hash(pdu)));
            }
        }

        return references;
    }

    private Pdu Sign(EventTemplate template, Draft draft)
    {
        var origin = draft.Sender.ServerName;
        EventId? chosen = room.Version.EventIds == EventIdFormat.Chosen
            ? EventId.Parse($"${RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 18)}:{origin}")
            : null;
        try
        {
            var pdu = EventBuilder.Build(template, room.Version, origin, keys.For(origin), chosen);
            if (draft.AlsoSignedBy is { } other && other != origin)
            {
                pdu = EventSignature.Sign(pdu, other, keys.For(other));
            }

            return pdu.Json.Length <= PduReader.BytesMax
                ? pdu
                : throw new MatrixException(MatrixError.TooLarge, $"An event may have {PduReader.BytesMax} bytes");
        }
        catch (FormatException e)
        {
            throw new MatrixException(MatrixError.BadJson, "The content cannot be an event's: " + e.Message);
        }
    }

    private static int Count(Membership membership, Membership counted) => membership == counted ? 1 : 0;
}
