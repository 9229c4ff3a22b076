using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
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
    /// <summary>Rounds of "something was missing, load it, look again" before giving up; each round loads all that is then missing.</summary>
    private const int RoundsMax = 50;

    /// <summary>Transactions that are remembered to answer repeats without asking the database.</summary>
    private const int TransactionsMax = 10_000;

    private readonly KnownState _state = new();
    private readonly Dictionary<string, Task<SendAnswer>> _transactions = [];
    private readonly Queue<string> _transactionOrder = new();
    private long _activation;
    private RoomId _id;
    private RoomRecord? _room;
    private RoomVersion _version = RoomVersions.Default;
    private RoomHead _head = RoomHead.Empty;
    private RoomSnapshot? _committed;
    private bool _poisoned;

    /// <summary>Set between the wait for event numbers and the turn that takes one.</summary>
    private bool _numbersAtHand;
    private Pdu? _levelsOf;
    private PowerLevels? _levels;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = RoomId.Parse(this.GetPrimaryKeyString());
        _activation = await database.Numbers.ActivationId();
        if (await database.Rooms.Find(_id) is { } room)
        {
            await Load(room);
        }
    }

    public ValueTask<RoomSnapshot?> Committed() => ValueTask.FromResult(_committed);

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
        if (draft.TxnKey(_id.Value) is not { } key)
        {
            return await Append(await WithRelation(draft));
        }

        if (_transactions.TryGetValue(key, out var running))
        {
            return await running;
        }

        var task = Transaction(draft);
        _transactions[key] = task;
        _transactionOrder.Enqueue(key);
        if (_transactionOrder.Count > TransactionsMax)
        {
            _transactions.Remove(_transactionOrder.Dequeue());
        }

        try
        {
            return await task;
        }
        catch
        {
            // A refusal is judged anew when the client tries again.
            _transactions.Remove(key);
            throw;
        }

        async Task<SendAnswer> Transaction(Draft transaction) => await Append(await WithRelation(transaction));
    }

    /// <summary>Loads what is missing until everything needed is at hand, then builds and queues the event in one turn.</summary>
    private async ValueTask<SendAnswer> Append(Draft draft)
    {
        var redacted = draft.Redacts is { } target ? await Redactable(draft, target) : null;
        for (var round = 0; round < RoundsMax; round++)
        {
            ThrowUnlessUsable();
            var needed = Needed(draft);
            if (needed.Exists(key => !_state.Has(key)))
            {
                await LoadState(needed);
                continue;
            }

            if (draft.StateKey is not null && Unchanged(draft) is { } same)
            {
                return same;
            }

            if (!_numbersAtHand)
            {
                await database.Numbers.EnsureAsync(1);
                _numbersAtHand = true;
                continue;
            }

            _numbersAtHand = false;
            var built = Build(draft, database.Numbers.NextEventNid(), redacted);
            if (built.Missing is { } missing)
            {
                await database.States.LoadPath(_room!.Nid, _head.CurrentState, missing);
                continue;
            }

            return await Finish(Enqueue(draft, built), built, draft);
        }

        throw new MatrixException(MatrixError.Unavailable, "The room changes too quickly");
    }

    /// <summary>All keys of the current state that building this event looks at.</summary>
    private List<StateKey> Needed(Draft draft)
    {
        List<StateKey> keys = [.. AuthEventSelection.Keys(draft.Type, draft.Sender, draft.StateKey, draft.Json, _version)];
        keys.Add(StateKey.Create);
        keys.Add(StateKey.PowerLevels);
        keys.Add(StateKey.Member(draft.Sender));
        if (draft.StateKey is not null)
        {
            keys.Add(new StateKey(draft.Type, draft.StateKey));
        }

        return keys;
    }

    /// <summary>The answer for a state event that would change nothing: same sender, same content.</summary>
    private SendAnswer? Unchanged(Draft draft)
    {
        var current = _state.Event(new StateKey(draft.Type, draft.StateKey!));
        return current is not null && current.Sender == draft.Sender && JsonElement.DeepEquals(current.Content, draft.Json)
            ? new SendAnswer(current.EventId, _committed!.Position)
            : null;
    }

    /// <summary>The critical section: no <c>await</c> from here until the unit is queued.</summary>
    private Built Build(Draft draft, long nid, StoredEvent? redacted)
    {
        var levels = Levels();
        var template = new EventTemplate
        {
            RoomId = _id,
            Type = draft.Type,
            StateKey = draft.StateKey,
            Sender = draft.Sender,
            Content = draft.Content,
            OriginServerTs = draft.OriginServerTs ?? time.GetUtcNow().ToUnixTimeMilliseconds(),
            Depth = _head.NextDepth,
            PrevEvents = [.. _head.Extremities.Take(PduReader.PrevEventsMax).Select(e => new EventReference(e.Id, e.Hash))],
            AuthEvents = AuthEvents(draft),
            Redacts = draft.Redacts,
        };
        var pdu = Sign(template, draft);
        var verdict = AuthRules.CheckAgainstState(pdu, _state.Event, AuthContext.SignaturesChecked);
        if (!verdict.Allowed)
        {
            throw new MatrixException(MatrixError.Forbidden, verdict.Reason);
        }

        if (redacted is not null && redacted.Sender != draft.Sender.Value && levels.UserLevel(draft.Sender) < levels.Redact)
        {
            throw new MatrixException(MatrixError.Forbidden, "You don't have permission to redact this event");
        }

        return Place(pdu, nid, draft, levels, _head, _state.Event(StateKey.Member(draft.Sender)));
    }

    /// <summary>Works out where an allowed event takes the room; changes nothing yet.</summary>
    private Built Place(Pdu pdu, long nid, Draft draft, PowerLevels levels, RoomHead head, Pdu? senderMember)
    {
        var nodes = new List<StateNode>();
        var after = head.CurrentState;
        TailDelta[] deltas = [];
        StateDelta[] rows = [];
        StateEntry? old = null;
        var (joined, invited) = (head.JoinedCount, head.InvitedCount);
        if (pdu.Key is { } key)
        {
            if (!database.States.TryApply(_room!.Nid, head.CurrentState, [(key, nid)], nodes, out after))
            {
                return new Built { Missing = [key] };
            }

            // While a room is made its create event is in the state before it has a number.
            old = _state.Has(key) && _state[key] is { Nid: not 0 } known ? known : null;
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

        var extremity = new Extremity(nid, pdu.EventId, pdu.Depth, _version.EventIds == EventIdFormat.Chosen ? EventBuilder.ReferenceHash(pdu) : null);
        var next = new RoomHead(head.Version + 1, head.RoomSeq + 1, after, [extremity], joined, invited);
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

    private Task<AppendResult> Enqueue(Draft draft, Built built)
    {
        var bytes = built.Pdu!.Json.Length + 1024;
        if (!database.Writer.TryReserve(bytes))
        {
            throw new MatrixException(MatrixError.LimitExceeded, "The server is overloaded") { RetryAfterMs = RandomNumberGenerator.GetInt32(500, 2000) };
        }

        var unit = new AppendUnit
        {
            ActivationId = _activation,
            ReservedBytes = bytes,
            Room = new RoomAppend { RoomNid = _room!.Nid, RoomId = _id, FirstVersion = built.Head!.Version, Entries = [built.Entry!], Nodes = built.Nodes },
            Txn = draft.TxnKey(_id.Value) is { } key ? new TxnRecord(key, built.Pdu.EventId.Value, time.GetUtcNow().ToUnixTimeMilliseconds()) : null,
            Payload = new RoomCommit(_id, [built.Tail!]),
        };
        var commit = database.Writer.Append(unit);
        _head = built.Head;
        Remember(built);
        return commit;
    }

    private async ValueTask<SendAnswer> Finish(Task<AppendResult> commit, Built built, Draft draft)
    {
        var result = await Settled(commit);
        if (result.Outcome == AppendOutcome.TxnExists)
        {
            LogRepeated(log, _id.Value);
            return new SendAnswer(EventId.Parse(result.StoredAnswer!), 0);
        }

        Advance(built.Head!, result.FirstPosition);
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
            LogFailed(log, failure, _id.Value);
            throw new MatrixException(MatrixError.Unavailable, "The event could not be stored");
        }

        if (result.Outcome != AppendOutcome.Accepted)
        {
            Poison();
        }

        return result.Outcome == AppendOutcome.Fenced ? throw Moved() : result;
    }

    private void Advance(RoomHead head, long position)
    {
        if (_committed is null || head.Version > _committed.Version)
        {
            _committed = new RoomSnapshot(
                _room!.Nid, _version.Id, head.Version, position, head.RoomSeq, head.CurrentState, head.JoinedCount, head.InvitedCount);
        }
    }

    private void Remember(Built built)
    {
        cache.Add(_room!.Nid, built.Nid, built.Pdu!);
        if (built.Pdu!.Key is { } key)
        {
            _state.Changed(key, new StateEntry(built.Nid, built.Pdu));
        }
    }

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

        if (_room is null)
        {
            throw new MatrixException(MatrixError.NotFound, "Unknown room");
        }
    }

    private static MatrixException Moved() => new(MatrixError.RoomMoved, "The room moved to another place; try again");

    private static int Count(Membership membership, Membership counted) => membership == counted ? 1 : 0;

    private PowerLevels Levels()
    {
        var current = _state.Event(StateKey.PowerLevels);
        if (_levels is null || !ReferenceEquals(current, _levelsOf))
        {
            _levels = PowerLevels.Of(_state.Event(StateKey.Create), current);
            _levelsOf = current;
        }

        return _levels;
    }

    private List<EventReference> AuthEvents(Draft draft)
    {
        var references = new List<EventReference>();
        foreach (var key in AuthEventSelection.Keys(draft.Type, draft.Sender, draft.StateKey, draft.Json, _version))
        {
            if (_state.Event(key) is { } pdu)
            {
                references.Add(new EventReference(pdu.EventId, _version.EventIds == EventIdFormat.Chosen ? EventBuilder.ReferenceHash(pdu) : null));
            }
        }

        return references;
    }

    private Pdu Sign(EventTemplate template, Draft draft)
    {
        var origin = draft.Sender.ServerName;
        EventId? chosen = _version.EventIds == EventIdFormat.Chosen
            ? EventId.Parse($"${RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 18)}:{origin}")
            : null;
        try
        {
            var pdu = EventBuilder.Build(template, _version, origin, keys.For(origin), chosen);
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

    /// <summary>An event that is built and placed, or what must be loaded before it can be.</summary>
    private sealed class Built
    {
        public IReadOnlyList<StateKey>? Missing { get; init; }

        public Pdu? Pdu { get; init; }

        public long Nid { get; init; }

        public RoomHead? Head { get; init; }

        public List<StateNode> Nodes { get; init; } = [];

        public RoomEntry? Entry { get; init; }

        public TailEntry? Tail { get; init; }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A transaction in {RoomId} had been done before this activation")]
    private static partial void LogRepeated(ILogger log, string roomId);

    [LoggerMessage(Level = LogLevel.Error, Message = "An append to {RoomId} failed")]
    private static partial void LogFailed(ILogger log, Exception failure, string roomId);
}
