using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;
using Microsoft.Extensions.Logging;
using EventId = MatrixOrleans.Protocol.Identifiers.EventId;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// The one writer of a room (DESIGN 4.1, 5). An event is built on the newest head in memory, committed or not, and queued in the same breath:
/// <code>
///   load what is missing (await) ─> check, build, sign, advance the head, enqueue (no await) ─> wait for the commit ─> answer
/// </code>
/// Many events of a room are so in flight at once, in the order of their heads. Nothing uncommitted leaves the grain: callers, readers and syncs
/// hear of an event when its commit is durable. When the log refuses a unit, the memory is ahead of the truth: the activation is poisoned, every
/// queued caller fails with one retriable error, and the next activation loads the room anew.
/// </summary>
public sealed partial class RoomGrain(
    Database database, EventCache cache, TenantKeys keys, TimeProvider time, ILogger<RoomGrain> log) : Grain, IRoomGrain
{
    private readonly RecentTransactions _transactions = new();
    private RoomMemory _room = null!;
    private EventAssembly _assembly = null!;
    private DraftRelations _relations = null!;
    private MembershipDrafts _memberships = null!;
    private long _activation;
    private readonly CommittedRoom _committed = new();
    private Task<AppendResult>? _newest;
    private bool _poisoned;

    /// <summary>Set between the wait for event numbers and the turn that takes one.</summary>
    private bool _numbersAtHand;

    private RoomId Id => _room.Id;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _room = new RoomMemory(RoomId.Parse(this.GetPrimaryKeyString()), database, cache);
        _assembly = new EventAssembly(_room, database, keys, time);
        _relations = new DraftRelations(_room, database);
        _memberships = new MembershipDrafts(_room, database, keys);
        _graph = new RoomGraph(_room, database, cache);
        _reception = new Reception(_room, _graph, new StateMerge(_room, _graph, database), database, SettlePending);
        _activation = await database.Numbers.ActivationId();
        if (await _room.Load() is { } position)
        {
            _committed.Advance(Snapshot(_room.Head, position));
        }
    }

    public ValueTask<RoomSnapshot?> Committed() => ValueTask.FromResult(_committed.Value);

    public async ValueTask<SendAnswer> Create(CreateRoomCommand command)
    {
        if (_room.Room is not null)
        {
            throw new MatrixException(MatrixError.RoomInUse, "The room exists");
        }

        var create = PduReader.ReadStored(command.CreateEvent, RoomVersions.Get(command.RoomVersion), command.CreateEventId);
        await database.Numbers.EnsureAsync(command.Events.Count + 1);
        _room.Begin(new RoomRecord(
            await database.Numbers.RoomNid(), Id, command.RoomVersion, create.EventId, RoomCreation.Federates(create), command.Creator.ServerName, NowMs));
        try
        {
            var all = RoomCreation.Build(command, create, _room, _assembly, database.Numbers);
            var result = await Settled(Queue(all, null, RoomCreation.Row(_room.Room!)));
            _committed.Advance(Snapshot(_room.Head, result.FirstPosition + all.Count - 1));
            return new SendAnswer(create.EventId, result.FirstPosition);
        }
        catch
        {
            // Whatever was built has no room: start again from nothing.
            Poison();
            throw;
        }
    }

    public async ValueTask<SendAnswer> ChangeMembership(MembershipRequest request)
    {
        ThrowUnlessUsable();
        return await _memberships.Make(request) is { } draft
            ? await Append(draft)
            : await Durable(_room.State.Event(StateKey.Member(request.Target))!);
    }

    public async ValueTask<SendAnswer> Send(SendRequest request)
    {
        ThrowUnlessUsable();
        var draft = new Draft
        {
            Sender = request.Sender,
            Type = request.Type,
            StateKey = request.StateKey,
            Content = request.Content,
            Redacts = request.Redacts,
            DeviceId = request.DeviceId,
            TxnId = request.TxnId,
            OriginServerTs = request.OriginServerTs,
        };
        if (draft.TxnKey(Id.Value) is not { } key)
        {
            return await Append(await _relations.WithRelation(draft));
        }

        return await _transactions.Once(key, () => Transaction(draft));

        async Task<SendAnswer> Transaction(Draft transaction) => await Append(await _relations.WithRelation(transaction));
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Loads what is missing until everything needed is at hand, then builds and queues the event in one turn.</summary>
    private async ValueTask<SendAnswer> Append(Draft draft)
    {
        var redacted = draft.Redacts is { } target ? await _relations.Redactable(target) : null;
        for (var round = 0; round < RoomMemory.RoundsMax; round++)
        {
            ThrowUnlessUsable();
            if (_gate is { } gate)
            {
                await gate.Task;
                continue;
            }

            if (_room.Head.Extremities.Length > PduReader.PrevEventsMax)
            {
                return await AppendOnSome(draft);
            }

            var needed = _assembly.Needed(draft);
            if (needed.Exists(key => !_room.State.Has(key)))
            {
                await _room.LoadState(needed);
                continue;
            }

            if (draft.OnlyIfJoined && MembershipText.Of(_room.State.Event(new StateKey(draft.Type, draft.StateKey!))) != Membership.Join)
            {
                throw Draft.NotJoined();
            }

            if (draft.StateKey is not null && Unchanged(draft) is { } same)
            {
                return await Durable(same);
            }

            if (!_numbersAtHand)
            {
                await database.Numbers.EnsureAsync(1);
                _numbersAtHand = true;
                continue;
            }

            // From here until the unit is queued nothing is awaited: the next event builds on this one.
            _numbersAtHand = false;
            var built = _assembly.Build(draft, database.Numbers.NextEventNid(), redacted);
            if (built.Missing is { } missing)
            {
                await database.States.LoadPath(_room.Nid, _room.Head.CurrentState, missing);
                continue;
            }

            var commit = Queue([built], draft, null);
            _room.Take(built);
            return await Finish(commit, built);
        }

        throw new MatrixException(MatrixError.Unavailable, "The room changes too quickly");
    }

    /// <summary>The current event of a state event that would change nothing: same sender, same content.</summary>
    private Pdu? Unchanged(Draft draft)
    {
        var current = _room.State.Event(new StateKey(draft.Type, draft.StateKey!));
        return current is not null && current.Sender == draft.Sender && JsonElement.DeepEquals(current.Content, draft.Json) ? current : null;
    }

    /// <summary>Answers with an event that is in memory, once everything up to it is committed.</summary>
    private async ValueTask<SendAnswer> Durable(Pdu current)
    {
        if (_newest is { } newest)
        {
            await Settled(newest);
        }

        return new SendAnswer(current.EventId, _committed.Value!.Position);
    }

    private Task<AppendResult> Queue(IReadOnlyList<Built> all, Draft? draft, NewRoom? create)
    {
        var bytes = all.Sum(built => built.Pdu!.Json.Length + 1024);
        if (!database.Writer.TryReserve(bytes))
        {
            throw new MatrixException(MatrixError.LimitExceeded, "The server is overloaded") { RetryAfterMs = RandomNumberGenerator.GetInt32(500, 2000) };
        }

        return _newest = database.Writer.Append(new AppendUnit
        {
            ActivationId = _activation,
            ReservedBytes = bytes,
            Room = new RoomAppend
            {
                RoomNid = _room.Nid,
                RoomId = Id,
                Create = create,
                FirstVersion = all[0].Head!.Version,
                Entries = [.. all.Select(built => built.Entry!)],
                Nodes = all.Count == 1 ? all[0].Nodes : [.. all.SelectMany(built => built.Nodes).DistinctBy(node => node.Id)],
            },
            Txn = draft?.TxnKey(Id.Value) is { } key ? new TxnRecord(key, all[0].Pdu!.EventId.Value, NowMs) : null,
            Payload = new RoomCommit(Id, [.. all.Select(built => built.Tail!)], Snapshot(all[^1].Head!, 0), _committed),
        });
    }

    private async ValueTask<SendAnswer> Finish(Task<AppendResult> commit, Built built)
    {
        var result = await Settled(commit);
        if (result.Outcome == AppendOutcome.TxnExists)
        {
            LogRepeated(log, Id.Value);
            return new SendAnswer(EventId.Parse(result.StoredAnswer!), 0);
        }

        _committed.Advance(Snapshot(built.Head!, result.FirstPosition));
        return new SendAnswer(built.Pdu!.EventId, result.FirstPosition);
    }

    /// <summary>Waits for the commit. Whatever is not "accepted" means that memory is ahead of the log: nothing of it may be used again.</summary>
    private async Task<AppendResult> Settled(Task<AppendResult> commit)
    {
        AppendResult result;
        try
        {
            result = await commit;
        }
        catch (Exception failure) when (failure is not MatrixException)
        {
            Poison();
            LogFailed(log, failure, Id.Value);
            throw new MatrixException(MatrixError.Unavailable, "The event could not be stored");
        }

        if (result.Outcome != AppendOutcome.Accepted)
        {
            Poison();
        }

        return result.Outcome == AppendOutcome.Fenced ? throw Moved() : result;
    }

    private RoomSnapshot Snapshot(RoomHead head, long position) =>
        new(_room.Nid, _room.Version.Id, head.Version, position, head.RoomSeq, head.CurrentState, head.JoinedCount, head.InvitedCount);

    private void Poison()
    {
        if (!_poisoned)
        {
            _poisoned = true;
            DeactivateOnIdle();
        }
    }

    private void ThrowUnlessUsable()
    {
        if (_poisoned)
        {
            throw Moved();
        }

        if (_room.Room is null || _room.Head.Version == 0)
        {
            throw new MatrixException(MatrixError.NotFound, "Unknown room");
        }
    }

    private static MatrixException Moved() => new(MatrixError.RoomMoved, "The room moved to another place; try again");

    [LoggerMessage(Level = LogLevel.Information, Message = "A transaction in {RoomId} had been done before this activation")]
    private static partial void LogRepeated(ILogger log, string roomId);

    [LoggerMessage(Level = LogLevel.Error, Message = "An append to {RoomId} failed")]
    private static partial void LogFailed(ILogger log, Exception failure, string roomId);
}
