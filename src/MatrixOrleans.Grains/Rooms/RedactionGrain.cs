using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Sends a redaction for each of many events; doing it again redacts only what was left.</summary>
[StatelessWorker]
public sealed class RedactionGrain(Database database, TenantKeys keys) : Grain, IRedactionGrain
{
    /// <summary>Most events that one request redacts.</summary>
    private const int EventsMax = 1_000;

    /// <summary>Redactions under way at a time.</summary>
    private const int AtOnce = 20;

    public async ValueTask RedactRelated(UserId user, RoomId room, EventId target, IReadOnlyList<string>? relTypes, string? reason)
    {
        if (await database.Rooms.Find(room) is not { } known)
        {
            return;
        }

        var related = new Dictionary<string, StoredEvent>();
        foreach (var type in relTypes is null ? [null] : relTypes.Cast<string?>())
        {
            foreach (var e in await database.Rooms.Related.Page(known.Nid, [target], type, null, long.MaxValue, backwards: true, EventsMax, null))
            {
                related[e.EventId] = e;
            }
        }

        await Redact(room, user, related.Values, reason);
    }

    public async ValueTask RedactRemoved(RoomId room, EventId membership)
    {
        if (await CurrentState.Load(database, room) is not { } state
            || await database.Rooms.EventById(state.Room.Nid, membership) is not { RoomSeq: { } seq, StateKey: { } removed } stored
            || !UserId.TryParse(stored.Sender, out var remover) || !keys.IsTenant(remover.ServerName) || !await MayRedact(state, remover))
        {
            return;
        }

        var pdu = CurrentState.Shown(stored, Protocol.Rooms.RoomVersions.Get(state.Room.Version));
        while (await database.Rooms.MessagesOf(state.Room.Nid, UserId.Parse(removed), seq, EventsMax) is { Count: > 0 } messages)
        {
            // Without progress there is nothing that may be redacted.
            if (await Redact(room, remover, messages, pdu.ContentString("reason")) == 0)
            {
                return;
            }
        }
    }

    private static async ValueTask<bool> MayRedact(CurrentState state, UserId user)
    {
        var events = await state.Events([StateKey.Create, StateKey.PowerLevels]);
        var levels = PowerLevels.Of(events.GetValueOrDefault(StateKey.Create), events.GetValueOrDefault(StateKey.PowerLevels));
        return await state.IsJoined(user) && levels.UserLevel(user) >= levels.Redact;
    }

    /// <returns>How many were redacted.</returns>
    private async ValueTask<int> Redact(RoomId room, UserId user, IEnumerable<StoredEvent> events, string? reason)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(reason is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["reason"] = reason });
        var done = 0;
        foreach (var chunk in events.Where(e => e.RedactedByNid is null).Chunk(AtOnce))
        {
            done += (await Task.WhenAll(chunk.Select(e => TryRedact(room, user, EventId.Parse(e.EventId), content)))).Count(redacted => redacted);
        }

        return done;
    }

    private async Task<bool> TryRedact(RoomId room, UserId user, EventId target, ReadOnlyMemory<byte> content)
    {
        try
        {
            await GrainFactory.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest { Sender = user, Type = EventTypes.Redaction, Content = content, Redacts = target });
            return true;
        }
        catch (MatrixException refusal) when (refusal.Code == MatrixError.Forbidden)
        {
            // Not the user's to redact.
            return false;
        }
    }
}
