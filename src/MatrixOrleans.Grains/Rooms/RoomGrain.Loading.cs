using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage.Rooms;
using MatrixOrleans.Contracts.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>What the room's grain reads from storage: its head, state entries, events that a new one refers to.</summary>
public sealed partial class RoomGrain
{
    /// <summary>Reactions that are looked through for one that would be doubled.</summary>
    private const int AnnotationsMax = 1_000;

    private async Task Load(RoomRecord room)
    {
        var head = await database.Rooms.LoadHead(room.Nid);
        var version = RoomVersions.Get(room.Version);
        var extremities = ImmutableArray.CreateBuilder<Extremity>();
        foreach (var stored in await database.Rooms.EventsByNids(room.Nid, head.Extremities))
        {
            var pdu = PduReader.ReadStored(stored.Json, version, EventId.Parse(stored.EventId));
            extremities.Add(new Extremity(stored.Nid, pdu.EventId, pdu.Depth, version.EventIds == EventIdFormat.Chosen ? EventBuilder.ReferenceHash(pdu) : null));
        }

        _room = room;
        _version = version;
        _head = new RoomHead(head.Version, head.LastRoomSeq, head.CurrentState, extremities.ToImmutable(), head.JoinedCount, head.InvitedCount);
        if (head.Version > 0)
        {
            Advance(_head, head.LastPosition);
        }
    }

    private async Task LoadState(IEnumerable<StateKey> keys)
    {
        var epoch = _state.Epoch;
        var root = _head.CurrentState;
        foreach (var key in keys.Where(key => !_state.Has(key)).Distinct().ToList())
        {
            var nid = await database.States.Get(_room!.Nid, root, key);
            var entry = nid is { } number ? new StateEntry(number, await EventOf(number)) : null;
            _state.Loaded(key, entry, epoch);
        }
    }

    private async ValueTask<Pdu> EventOf(long nid)
    {
        if (cache.TryGet(_room!.Nid, nid) is { } cached)
        {
            return cached;
        }

        var stored = (await database.Rooms.EventsByNids(_room.Nid, [nid])).SingleOrDefault()
            ?? throw new InvalidDataException($"Event {nid} of {_id} is in the state but not in storage");
        var pdu = PduReader.ReadStored(stored.Json, _version, EventId.Parse(stored.EventId));
        cache.Add(_room.Nid, nid, pdu);
        return pdu;
    }

    /// <summary>Reads the current state event of a key, loading it when it is not at hand.</summary>
    private async ValueTask<Pdu?> Current(StateKey key)
    {
        for (var round = 0; round < RoundsMax && !_state.Has(key); round++)
        {
            await LoadState([key]);
        }

        return _state.Event(key);
    }

    /// <summary>The event that a redaction is for.</summary>
    private async Task<StoredEvent> Redactable(Draft draft, EventId target)
    {
        var stored = await database.Rooms.EventById(_room!.Nid, target);
        if (stored?.RoomSeq is null)
        {
            throw new MatrixException(MatrixError.NotFound, "The event to redact was not found");
        }

        return stored.Type != EventTypes.Create
            ? stored
            : throw new MatrixException(MatrixError.Forbidden, "The create event cannot be redacted");
    }

    private async Task<bool> HasAnnotated(EventId target, Draft draft, string key)
    {
        foreach (var relation in await database.Rooms.Relations(_room!.Nid, [target], "m.annotation", long.MaxValue, AnnotationsMax))
        {
            if (relation.Event.Sender == draft.Sender.Value && relation.Event.Type == draft.Type && relation.Event.RedactedByNid is null
                && JsonElement.Parse(relation.Event.Json.Span).GetProperty("content").GetProperty("m.relates_to").TryGetProperty("key", out var given)
                && given.ValueEquals(key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads <c>m.relates_to</c> and finds out the thread that the event is in (Client-Server API, "Threading").</summary>
    private async ValueTask<Draft> WithRelation(Draft draft)
    {
        if (draft.StateKey is not null || draft.Content.Span.IndexOf("\"m.relates_to\""u8) < 0)
        {
            return draft;
        }

        if (!draft.Json.TryGetProperty("m.relates_to", out var relates) || relates.ValueKind != JsonValueKind.Object
            || !relates.TryGetProperty("rel_type", out var type) || type.ValueKind != JsonValueKind.String
            || !relates.TryGetProperty("event_id", out var id) || id.ValueKind != JsonValueKind.String
            || !EventId.TryParse(id.GetString(), out var target))
        {
            return draft;
        }

        var relType = type.GetString()!;
        var related = await database.Rooms.EventById(_room!.Nid, target);
        if (relType == "m.thread")
        {
            // Threads do not nest: the root of a thread is in the main timeline.
            return related?.ThreadRoot is null
                ? draft with { Relation = (target, relType), ThreadRoot = target }
                : throw new MatrixException(MatrixError.Unknown.WithStatus(400), "Cannot start threads from an event with a relation");
        }

        var thread = related?.ThreadRoot is { } root ? EventId.Parse(root) : (EventId?)null;
        if (relType == "m.annotation" && relates.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String
            && await HasAnnotated(target, draft, key.GetString()!))
        {
            throw new MatrixException(MatrixError.DuplicateAnnotation, "You have sent this reaction already");
        }

        return draft with { Relation = (target, relType), ThreadRoot = thread };
    }
}
