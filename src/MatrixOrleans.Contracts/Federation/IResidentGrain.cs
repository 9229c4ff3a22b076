using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>
/// Answers other servers about one room in the name of a tenant that takes part in it: what they may read, and how their users come and go. A stateless worker,
/// key: room id. For a tenant without users in the room there is no such room. Answers are whole bodies.
/// </summary>
/// <remarks>All refusals are <see cref="Protocol.Errors.MatrixException"/>: M_NOT_FOUND for an unknown room or event, M_FORBIDDEN for a server that is denied or not in the room.</remarks>
[Alias("IResidentGrain")]
public interface IResidentGrain : IGrainWithStringKey
{
    /// <summary>One event, as a transaction (<c>GET /event</c>).</summary>
    [Alias("Event")]
    ValueTask<ReadOnlyMemory<byte>> Event(ServerAsker asker, EventId id);

    /// <summary>The state before an event, with its auth chain, as events or as ids.</summary>
    [Alias("State")]
    ValueTask<ReadOnlyMemory<byte>> State(ServerAsker asker, EventId at, bool idsOnly);

    [Alias("EventAuth")]
    ValueTask<ReadOnlyMemory<byte>> EventAuth(ServerAsker asker, EventId id);

    /// <summary>Some events and those before them.</summary>
    [Alias("Backfill")]
    ValueTask<ReadOnlyMemory<byte>> Backfill(ServerAsker asker, IReadOnlyList<EventId> from, int limit);

    [Alias("MissingEvents")]
    ValueTask<ReadOnlyMemory<byte>> MissingEvents(ServerAsker asker, MissingEventsQuery query);

    /// <summary>The event nearest to a time.</summary>
    [Alias("NearestTo")]
    ValueTask<ReadOnlyMemory<byte>> NearestTo(ServerAsker asker, long ts, bool backwards);

    /// <summary>The template of a member event of the asking server's user (make_join, make_leave, make_knock).</summary>
    /// <param name="versions">The room versions that the asker speaks; <c>null</c> where it is not asked.</param>
    [Alias("Make")]
    ValueTask<ReadOnlyMemory<byte>> Make(ServerAsker asker, UserId user, MembershipAction action, IReadOnlyList<string>? versions);

    /// <summary>Takes the signed member event into the room (send_join, send_leave, send_knock).</summary>
    [Alias("Take"), ResponseTimeout("00:02:00")]
    ValueTask<ReadOnlyMemory<byte>> Take(ServerAsker asker, EventId id, MembershipAction action, ReadOnlyMemory<byte> json, bool omitMembers);

    /// <summary>Issues the invitation that a third-party invite of the room has become (exchange_third_party_invite).</summary>
    /// <param name="json">The partial member event.</param>
    [Alias("Exchange"), ResponseTimeout("00:02:00")]
    ValueTask Exchange(ServerAsker asker, ReadOnlyMemory<byte> json);
}

/// <summary>Who asks, and as whom we answer.</summary>
[GenerateSerializer, Immutable, Alias("ServerAsker")]
public sealed record ServerAsker([property: Id(0)] ServerName Server, [property: Id(1)] ServerName Tenant);

[GenerateSerializer, Immutable, Alias("MissingEventsQuery")]
public sealed record MissingEventsQuery(
    [property: Id(0)] IReadOnlyList<EventId> Earliest,
    [property: Id(1)] IReadOnlyList<EventId> Latest,
    [property: Id(2)] int Limit,
    [property: Id(3)] long MinDepth);
