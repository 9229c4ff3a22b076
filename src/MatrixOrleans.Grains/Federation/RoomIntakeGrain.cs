using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;
using Microsoft.Extensions.Logging;
using EventId = MatrixOrleans.Protocol.Identifiers.EventId;

namespace MatrixOrleans.Grains.Federation;

/// <summary>
/// Takes what other servers send into one room.
/// <code>
///   format, signatures, hash (in parallel) ─> the room judges ─> done
///                                                   └─ lacks events ─> staged (durable) ─> answered ─> fetched from the server that sent it
/// </code>
/// What lacks something waits in storage with the server that sent it: one slow server keeps nobody else waiting, and a restart loses nothing.
/// </summary>
public sealed partial class RoomIntakeGrain(
    Database database, IFederationClient client, PduChecks checks, TenantKeys keys, ILogger<RoomIntakeGrain> log, TimeProvider time) : Grain, IRoomIntakeGrain
{
    /// <summary>PDUs of a room that may wait at a time.</summary>
    private const int StagedMax = 500;

    /// <summary>How often a server is asked for what its PDU refers to before the PDU is given up.</summary>
    private const int AttemptsMax = 8;

    /// <summary>A transaction is answered by then, though something of it still waits.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    /// <summary>Servers that are asked for history before it is taken for lost, for this time.</summary>
    private const int BackfillServersMax = 3;

    private const int BackfillMin = 20;
    private const int BackfillMax = 100;

    private static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(20);

    /// <summary>By server: what is being fetched from it.</summary>
    private readonly Dictionary<ServerName, Task> _fetching = [];
    private RoomDoor? _door;
    private readonly CancellationTokenSource _ending = new();
    private Task<bool>? _backfilling;

    private RoomId Id => RoomId.Parse(this.GetPrimaryKeyString());

    private IRoomGrain Room => GrainFactory.GetGrain<IRoomGrain>(this.GetPrimaryKeyString());

    public async Task<IReadOnlyList<PduOutcome>> Receive(ReceivedPdus received)
    {
        if (await database.Rooms.Find(Id) is not { } known || !RoomVersions.TryGet(known.Version, out var version))
        {
            return [.. received.Pdus.Select(_ => new PduOutcome(null, "The server is not in the room"))];
        }

        if (await Door() is not { } door || !door.Servers.Contains(received.Destination))
        {
            return await FromOutside(received, known, version);
        }

        if (!door.Acl.Allows(received.Origin))
        {
            return [.. received.Pdus.Select(_ => new PduOutcome(null, "The room's access control list denies the server"))];
        }

        var checkedPdus = await Task.WhenAll(received.Pdus.Select(json => checks.Check(received.Destination, received.Origin, version, Id, json, _ending.Token)));
        var outcomes = checkedPdus.Select(c => new PduOutcome(c.Id, c.Pdu is null ? c.Fault : null)).ToArray();
        var lacking = await Place(EventOrder.ByPrevEvents(checkedPdus.Select(c => c.Pdu).OfType<Pdu>()));
        foreach (var pdu in lacking)
        {
            var staged = new StagedPdu(Id, pdu.EventId, received.Origin, received.Destination, pdu.Json, 0, time.GetUtcNow().ToUnixTimeMilliseconds());
            if (!await database.StagedPdus.Add(staged, StagedMax))
            {
                LogOverflow(log, received.Origin.Value, Id.Value);
                outcomes = [.. outcomes.Select(o => o.EventId == pdu.EventId ? o with { Error = "Too many events of the room wait for others" } : o)];
            }
        }

        if (lacking.Count > 0)
        {
            await Task.WhenAny(Fetch(received.Origin), Task.Delay(AnswerWithin, time));
        }

        return outcomes;
    }

    public async Task Resume()
    {
        foreach (var origin in (await database.StagedPdus.OfRoom(Id, StagedMax)).Select(pdu => pdu.Origin).Distinct())
        {
            _ = Fetch(origin);
        }
    }

    public Task<bool> Backfill(long gapSeq, int limit) =>
        _backfilling is { IsCompleted: false } running ? running : _backfilling = BackfillNow(gapSeq, limit);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ending.Cancel();
        return Task.CompletedTask;
    }

    private async Task<bool> BackfillNow(long gapSeq, int limit)
    {
        if (await database.Rooms.Find(Id) is not { CreateEventId: not null } known
            || (await database.Rooms.Gaps(known.Nid, gapSeq, gapSeq)) is not [var gap])
        {
            return false;
        }

        var joined = await database.Rooms.Graph.JoinedServers(known.Nid);
        if (joined.FirstOrDefault(keys.IsTenant) is not { Value: not null } tenant)
        {
            return false;
        }

        var remote = new RemoteRoom(client, checks, tenant, Id, RoomVersions.Get(known.Version));
        var missing = new MissingEvents(remote, new Outliers(database, known.Nid, Id), Room, database, known.Nid);
        foreach (var server in joined.Where(server => !keys.IsTenant(server)).Take(BackfillServersMax))
        {
            try
            {
                if (await missing.Backfill(server, gapSeq, Gap.Unpack(gap.Missing.Span), Math.Clamp(limit, BackfillMin, BackfillMax), _ending.Token))
                {
                    return true;
                }
            }
            catch (Exception failure) when (failure is FederationException or MatrixException or OperationCanceledException)
            {
                LogNoHistory(log, failure, Id.Value, server.Value);
            }
        }

        return false;
    }

    /// <summary>Who is in the room and who may send into it, by its current state; <c>null</c> while nobody of ours was ever in it.</summary>
    private async Task<RoomDoor?> Door()
    {
        if (await Room.Committed() is not { } head)
        {
            return null;
        }

        if (_door is not { } door || door.Root != head.CurrentState)
        {
            // Follows the state, not the events: a busy room's members are not read for every message.
            Pdu? acl = null;
            if (await database.States.Get(head.RoomNid, head.CurrentState, StateKey.ServerAcl) is { } nid)
            {
                var stored = (await database.Rooms.EventsByNids(head.RoomNid, [nid])).Single();
                acl = PduReader.ReadStored(stored.Json, RoomVersions.Get(head.RoomVersion), EventId.Parse(stored.EventId));
            }

            _door = door = new RoomDoor(head.CurrentState, [.. await database.Rooms.Graph.JoinedServers(head.RoomNid)], ServerAcl.Of(acl));
        }

        return door;
    }

    /// <summary>Events of a room that nobody of the tenant is in: all that they can be is the end of an invitation or of a knock.</summary>
    private async Task<IReadOnlyList<PduOutcome>> FromOutside(ReceivedPdus received, RoomRecord known, RoomVersion version)
    {
        var outcomes = new List<PduOutcome>(received.Pdus.Count);
        foreach (var json in received.Pdus)
        {
            var result = await checks.Check(received.Destination, received.Origin, version, Id, json, _ending.Token);
            var ended = result.Pdu is { Type: EventTypes.Member } pdu && MembershipText.Of(pdu) is (Membership.Leave or Membership.Ban) and var end
                && UserId.TryParse(pdu.StateKey, out var user) && user.ServerName == received.Destination
                && await database.Memberships.Get(known.Nid, user) is { EventNid: null, Membership: Membership.Invite or Membership.Knock } row
                && pdu.Sender.ServerName == received.Origin
                && await End(row, end, pdu.Sender);
            outcomes.Add(new PduOutcome(result.Id, ended ? null : "The server is not in the room"));
        }

        return outcomes;
    }

    private async Task<bool> End(MembershipRow row, Membership end, UserId sender)
    {
        var set = new MembershipSet(row.UserId.Value, row.RoomNid, row.RoomId.Value, null, end, sender.Value, null) { Before = row.Membership };
        return (await database.Writer.Append(new AppendUnit { Users = [set] })).Outcome == AppendOutcome.Accepted;
    }

    /// <summary>Hands events to the room.</summary>
    /// <returns>Those that lack something.</returns>
    private async Task<List<Pdu>> Place(List<Pdu> events)
    {
        if (events.Count == 0)
        {
            return [];
        }

        var verdicts = await Patiently(() => Room.Receive(new ReceiveCommand
        {
            Events = [.. events.Select(pdu => new IncomingPdu { EventId = pdu.EventId, Json = pdu.Json })],
        }).AsTask());
        foreach (var verdict in verdicts.Where(v => v.IsNew && v.Standing != PduStanding.Accepted))
        {
            LogVerdict(log, verdict.EventId.Value, Id.Value, verdict.Standing, verdict.Reason);
        }

        return [.. events.Where((_, i) => verdicts[i].Standing is PduStanding.LacksPrevEvents or PduStanding.LacksAuthEvents)];
    }

    /// <summary>A room that moved, or is written to from elsewhere, is asked again.</summary>
    private static async Task<T> Patiently<T>(Func<Task<T>> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ask();
            }
            catch (MatrixException moved) when (moved.Code == MatrixError.RoomMoved && attempt < 5)
            {
                await Task.Delay(20 * attempt);
            }
        }
    }

    /// <summary>Works through what waits for a server's answers; one such work for each server.</summary>
    private Task Fetch(ServerName origin) =>
        _fetching.TryGetValue(origin, out var running) && !running.IsCompleted ? running : _fetching[origin] = FetchAll(origin);

    private async Task FetchAll(ServerName origin)
    {
        await Task.Yield();
        while (!_ending.IsCancellationRequested)
        {
            var waiting = (await database.StagedPdus.OfRoom(Id, StagedMax)).Where(pdu => pdu.Origin == origin).ToList();
            if (waiting.Count == 0 || await database.Rooms.Find(Id) is not { } known)
            {
                return;
            }

            var version = RoomVersions.Get(known.Version);
            var done = 0;
            foreach (var staged in EventOrder.ByPrevEvents(waiting.Select(w => PduReader.ReadStored(w.Json, version, w.EventId))))
            {
                var entry = waiting.First(w => w.EventId == staged.EventId);
                done += await FetchOne(known, version, entry, staged) ? 1 : 0;
            }

            if (done < waiting.Count)
            {
                var attempts = waiting.Max(w => w.Attempts);
                this.RegisterGrainTimer(_ => Fetch(origin), new GrainTimerCreationOptions(RetryFirst * Math.Pow(2, attempts), Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
                return;
            }
        }
    }

    /// <returns>Whether the PDU need not wait any longer.</returns>
    private async Task<bool> FetchOne(RoomRecord known, RoomVersion version, StagedPdu staged, Pdu pdu)
    {
        try
        {
            var remote = new RemoteRoom(client, checks, staged.Destination, Id, version);
            var missing = new MissingEvents(remote, new Outliers(database, known.Nid, Id), Room, database, known.Nid);
            var verdict = await Patiently(() => missing.Bring(staged.Origin, pdu, _ending.Token));
            if (verdict.Standing is not (PduStanding.LacksPrevEvents or PduStanding.LacksAuthEvents))
            {
                await database.StagedPdus.Remove(Id, [staged.EventId]);
                return true;
            }

            LogLacking(log, staged.EventId.Value, Id.Value, staged.Origin.Value, verdict.Reason);
        }
        catch (Exception failure) when (failure is FederationException or MatrixException or OperationCanceledException)
        {
            LogUnanswered(log, failure, staged.EventId.Value, Id.Value, staged.Origin.Value);
        }

        if (staged.Attempts + 1 >= AttemptsMax)
        {
            LogGivenUp(log, staged.EventId.Value, Id.Value, staged.Origin.Value);
            await database.StagedPdus.Remove(Id, [staged.EventId]);
            return true;
        }

        await database.StagedPdus.Attempted(Id, staged.EventId);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Server} gives no history of {RoomId}")]
    private static partial void LogNoHistory(ILogger log, Exception failure, string roomId, string server);

    [LoggerMessage(Level = LogLevel.Information, Message = "Event {EventId} of {RoomId} is {Standing}: {Reason}")]
    private static partial void LogVerdict(ILogger log, string eventId, string roomId, PduStanding standing, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Server {Server} sends more events of {RoomId} that lack others than may wait")]
    private static partial void LogOverflow(ILogger log, string server, string roomId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {EventId} of {RoomId} lacks what {Server} does not give: {Reason}")]
    private static partial void LogLacking(ILogger log, string eventId, string roomId, string server, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {EventId} of {RoomId} waits: {Server} does not give what it refers to")]
    private static partial void LogUnanswered(ILogger log, Exception failure, string eventId, string roomId, string server);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {EventId} of {RoomId} from {Server} is given up: what it refers to could not be had")]
    private static partial void LogGivenUp(ILogger log, string eventId, string roomId, string server);
}

/// <summary>Who may come in with events, at one state of the room.</summary>
/// <param name="Root">The state.</param>
internal sealed record RoomDoor(long Root, HashSet<ServerName> Servers, ServerAcl Acl);
