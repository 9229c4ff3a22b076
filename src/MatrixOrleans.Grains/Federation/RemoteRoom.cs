using System.Text.Json;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Grains.Federation;

/// <summary>A room as another server shows it to one of our tenants. Whatever it says is checked event by event.</summary>
internal sealed class RemoteRoom(IFederationClient client, PduChecks checks, ServerName tenant, RoomId room, RoomVersion version)
{
    /// <summary>Most events of one state or auth chain.</summary>
    public const int StateEventsMax = 200_000;

    /// <summary>Most bytes of an answer that is a whole state.</summary>
    private const int StateBytesMax = 256 * 1024 * 1024;

    private const int SmallBytesMax = 8 * 1024 * 1024;

    private string Path => Uri.EscapeDataString(room.Value);

    /// <summary>Events before <paramref name="latest"/> (get_missing_events).</summary>
    /// <exception cref="FederationException">The server does not give them.</exception>
    public async Task<List<Pdu>> MissingEvents(ServerName server, IEnumerable<EventId> earliest, EventId latest, int limit, CancellationToken cancel)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            earliest_events = earliest.Select(id => id.Value),
            latest_events = new[] { latest.Value },
            limit,
            min_depth = 0,
        });
        var answer = await Ask(server, HttpMethod.Post, $"/_matrix/federation/v1/get_missing_events/{Path}", body, SmallBytesMax, cancel);
        return await checks.CheckAll(tenant, server, version, room, PduChecks.Objects(answer, "events", limit), cancel);
    }

    /// <summary>The ids of the state before an event, and of its auth chain (state_ids).</summary>
    /// <exception cref="FederationException">The server does not give them.</exception>
    public async Task<(List<EventId> State, List<EventId> AuthChain)> StateIds(ServerName server, EventId at, CancellationToken cancel)
    {
        var answer = await Ask(server, HttpMethod.Get, $"/_matrix/federation/v1/state_ids/{Path}?event_id={Uri.EscapeDataString(at.Value)}", null, StateBytesMax, cancel);
        return (Ids(answer, "pdu_ids"), Ids(answer, "auth_chain_ids"));
    }

    /// <summary>The state before an event and its auth chain, as events (state).</summary>
    /// <exception cref="FederationException">The server does not give them.</exception>
    public async Task<List<Pdu>> State(ServerName server, EventId at, CancellationToken cancel)
    {
        var answer = await Ask(server, HttpMethod.Get, $"/_matrix/federation/v1/state/{Path}?event_id={Uri.EscapeDataString(at.Value)}", null, StateBytesMax, cancel);
        return await checks.CheckAll(
            tenant, server, version, room, [.. PduChecks.Objects(answer, "pdus", StateEventsMax), .. PduChecks.Objects(answer, "auth_chain", StateEventsMax)], cancel);
    }

    /// <summary>One event; <c>null</c> when the server gives none that is good, or another.</summary>
    public async Task<Pdu?> Event(ServerName server, EventId id, CancellationToken cancel)
    {
        try
        {
            var answer = await Ask(server, HttpMethod.Get, $"/_matrix/federation/v1/event/{Uri.EscapeDataString(id.Value)}", null, SmallBytesMax, cancel);
            var found = await checks.CheckAll(tenant, server, version, room, PduChecks.Objects(answer, "pdus", 1), cancel);
            return found is [var pdu] && pdu.EventId == id ? pdu : null;
        }
        catch (FederationException failure) when (failure.Failure == FederationFailure.Refused)
        {
            return null;
        }
    }

    /// <summary>The auth chain of an event (event_auth).</summary>
    /// <exception cref="FederationException">The server does not give it.</exception>
    public async Task<List<Pdu>> EventAuth(ServerName server, EventId id, CancellationToken cancel)
    {
        var answer = await Ask(server, HttpMethod.Get, $"/_matrix/federation/v1/event_auth/{Path}/{Uri.EscapeDataString(id.Value)}", null, StateBytesMax, cancel);
        return await checks.CheckAll(tenant, server, version, room, PduChecks.Objects(answer, "auth_chain", StateEventsMax), cancel);
    }

    /// <summary>Events up to some events, those included (backfill).</summary>
    /// <exception cref="FederationException">The server does not give them.</exception>
    public async Task<List<Pdu>> Backfill(ServerName server, IEnumerable<EventId> from, int limit, CancellationToken cancel)
    {
        var query = string.Join('&', from.Select(id => "v=" + Uri.EscapeDataString(id.Value)).Append($"limit={limit}"));
        var answer = await Ask(server, HttpMethod.Get, $"/_matrix/federation/v1/backfill/{Path}?{query}", null, SmallBytesMax * 4, cancel);
        return await checks.CheckAll(tenant, server, version, room, PduChecks.Objects(answer, "pdus", limit), cancel);
    }

    private static List<EventId> Ids(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Take(StateEventsMax).Where(id => id.ValueKind == JsonValueKind.String && EventId.TryParse(id.GetString(), out _)).Select(id => EventId.Parse(id.GetString()!)).Distinct()]
            : [];

    private async Task<JsonElement> Ask(ServerName server, HttpMethod method, string pathAndQuery, ReadOnlyMemory<byte>? body, int bytesMax, CancellationToken cancel)
    {
        var call = new FederationCall(tenant, server, method, pathAndQuery, body) { BytesMax = bytesMax };
        var bytes = await client.Send(call, cancel);
        try
        {
            return JsonElement.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw new FederationException(server, call.Operation, FederationFailure.BadAnswer, "no JSON", e);
        }
    }
}
