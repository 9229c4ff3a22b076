using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Looks up the events that a draft refers to: what it redacts, what it relates to.</summary>
internal sealed class DraftRelations(RoomMemory room, Database database)
{
    /// <summary>Reactions that are looked through for one that would be doubled.</summary>
    private const int AnnotationsMax = 1_000;

    /// <summary>The event that a redaction is for.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND; M_FORBIDDEN for the create event.</exception>
    public async Task<StoredEvent> Redactable(EventId target)
    {
        var stored = await database.Rooms.EventById(room.Nid, target);
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
        foreach (var relation in await database.Rooms.Relations(room.Nid, [target], "m.annotation", long.MaxValue, AnnotationsMax))
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
    public async ValueTask<Draft> WithRelation(Draft draft)
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
        var related = await database.Rooms.EventById(room.Nid, target);
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
