using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;
using RoomHead = MatrixOrleans.Grains.Rooms.RoomHead;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// What comes from other servers. Judging waits for storage and for state resolution, and meanwhile local events go on: a result counts only if the
/// room stands where it stood. A room that is too busy for that holds its local events back for one judgement.
/// </summary>
public sealed partial class RoomGrain
{
    /// <summary>Judgements that may be in vain before local events are held back.</summary>
    private const int TriesBeforeGate = 3;

    /// <summary>One at a time judges: each event builds on the one before.</summary>
    private readonly SemaphoreSlim _receiving = new(1);
    private readonly List<Task<AppendResult>> _pending = [];
    private RoomGraph _graph = null!;
    private Reception _reception = null!;
    private TaskCompletionSource? _gate;

    public async ValueTask<IReadOnlyList<PduVerdict>> Receive(ReceiveCommand command)
    {
        var verdicts = new List<PduVerdict>(command.Events.Count);
        await _receiving.WaitAsync();
        try
        {
            ThrowIfPoisoned();
            var create = Begin(command.NewRoom);
            foreach (var incoming in command.Events)
            {
                var verdict = await Take(incoming, create);
                verdicts.Add(verdict);
                create = _room.Head.Version > 0 ? null : create;
            }

            if (command.Gap is { } gap)
            {
                Move(gap);
            }

            await SettlePending();
            _graph.Trim();
            return verdicts;
        }
        catch
        {
            if (_room.Head.Version == 0 || _pending.Count > 0)
            {
                Poison();
            }

            throw;
        }
        finally
        {
            _receiving.Release();
        }
    }

    public async ValueTask<PreparedEvent> Prepare(MembershipRequest request)
    {
        var (_, pdu) = await Unplaced(request, draft => _assembly.Signed(draft));
        return new PreparedEvent(_room.Version.Id, pdu.EventId, pdu.Json);
    }

    public async ValueTask<PreparedEvent> Template(MembershipRequest request)
    {
        var (draft, template) = await Unplaced(request, draft => _assembly.Template(draft));
        var unsigned = EventBuilder.Unsigned(template, _room.Version);

        // Whether it would be allowed is told now, not when it comes back: as an event of no consequence.
        _assembly.Check(EventBuilder.Trial(template, _room.Version, draft.Sender.ServerName));
        return new PreparedEvent(_room.Version.Id, default, unsigned);
    }

    /// <summary>The draft for a request, and what is made of it on the head as it stands.</summary>
    private async ValueTask<(Draft Draft, T Made)> Unplaced<T>(MembershipRequest request, Func<Draft, T> make)
    {
        ThrowUnlessUsable();
        var draft = await _memberships.Make(request) ?? throw new MatrixException(MatrixError.Forbidden, "The membership is so already");
        for (var round = 0; round < RoomMemory.RoundsMax; round++)
        {
            ThrowUnlessUsable();
            var needed = _assembly.Needed(draft);
            if (needed.TrueForAll(_room.State.Has))
            {
                return (draft, make(draft));
            }

            await _room.LoadState(needed);
        }

        throw new MatrixException(MatrixError.Unavailable, "The room changes too quickly");
    }

    /// <summary>A local event in a room with more ends than an event may name: it follows some of them, and is placed like one from outside.</summary>
    private async ValueTask<SendAnswer> AppendOnSome(Draft draft)
    {
        var needed = _assembly.Needed(draft);
        for (var round = 0; round < RoomMemory.RoundsMax && needed.Exists(key => !_room.State.Has(key)); round++)
        {
            await _room.LoadState(needed);
        }

        var pdu = _assembly.Signed(draft);
        var verdict = (await Receive(new ReceiveCommand { Events = [new IncomingPdu { EventId = pdu.EventId, Json = pdu.Json, MustBeAllowedNow = true }] }))[0];
        return verdict.Standing == PduStanding.Accepted
            ? new SendAnswer(pdu.EventId, _committed.Value!.Position)
            : throw new MatrixException(MatrixError.Forbidden, verdict.Reason);
    }

    /// <summary>Takes up a room that has no events yet.</summary>
    /// <returns>The row that its first event brings with it.</returns>
    private NewRoom? Begin(NewRoomFacts? facts)
    {
        if (_room.Room is not null && _room.Head.Version > 0)
        {
            return null;
        }

        if (facts is null)
        {
            throw new MatrixException(MatrixError.NotFound, "Unknown room");
        }

        _room.Begin(new RoomRecord(facts.RoomNid, Id, facts.RoomVersion, facts.CreateEventId, facts.Federates, facts.Tenant, NowMs));
        return new NewRoom(facts.RoomVersion, facts.CreateEventId, facts.Federates, facts.Tenant, NowMs);
    }

    private async Task<PduVerdict> Take(IncomingPdu incoming, NewRoom? create)
    {
        try
        {
            for (var round = 0; round < RoomMemory.RoundsMax; round++)
            {
                ThrowIfPoisoned();
                if (round == TriesBeforeGate)
                {
                    _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                await database.Numbers.EnsureAsync(1);
                var version = _room.Head.Version;
                var received = await _reception.Judge(incoming);
                if (received.Head is null)
                {
                    return received.Verdict;
                }

                if (_room.Head.Version == version)
                {
                    Keep(received, create);
                    return received.Verdict;
                }
            }
        }
        finally
        {
            _gate?.TrySetResult();
            _gate = null;
        }

        throw new MatrixException(MatrixError.Unavailable, "The room changes too quickly");
    }

    /// <summary>Keeps where history is missing now.</summary>
    private void Move(GapMove gap)
    {
        var entries = new List<RoomEntry> { Row(LogKind.GapFilled, gap.FilledSeq, null) };
        if (gap.NextSeq is { } next)
        {
            entries.Add(Row(LogKind.Gap, next, Gap.Pack(gap.Missing)));
        }

        var head = _room.Head;
        Enqueue(
            entries,
            [.. entries.Select(_ => new TailEntry(null, [], head.CurrentState, head.JoinedCount, head.InvitedCount))],
            [],
            head with { Version = head.Version + entries.Count },
            null,
            1024);

        RoomEntry Row(LogKind kind, long seq, byte[]? missing) => new()
        {
            Kind = kind,
            RoomSeq = seq,
            StateBefore = _room.Head.CurrentState,
            StateAfter = _room.Head.CurrentState,
            CurrentState = _room.Head.CurrentState,
            JoinedCount = _room.Head.JoinedCount,
            InvitedCount = _room.Head.InvitedCount,
            Missing = missing,
        };
    }

    /// <summary>Queues what was judged and moves the head; nothing is awaited.</summary>
    private void Keep(Received received, NewRoom? create)
    {
        var bytes = received.Place!.Pdu.Json.Length + 1024 + received.Nodes.Sum(node => node.Bytes.Length);
        Enqueue(received.Entries, received.Tail, received.Nodes, received.Head!, create, bytes);
        _graph.Add(received.Place);
        cache.Add(_room.Nid, received.Place.Nid, received.Place.Pdu);
        foreach (var (key, entry) in received.Changes)
        {
            _room.State.Changed(key, entry);
        }
    }

    private void Enqueue(IReadOnlyList<RoomEntry> entries, IReadOnlyList<TailEntry> tail, IReadOnlyList<StateNode> nodes, RoomHead head, NewRoom? create, int bytes)
    {
        if (!database.Writer.TryReserve(bytes))
        {
            throw new MatrixException(MatrixError.LimitExceeded, "The server is overloaded") { RetryAfterMs = 1000 };
        }

        var commit = database.Writer.Append(new AppendUnit
        {
            ActivationId = _activation,
            ReservedBytes = bytes,
            Room = new RoomAppend
            {
                RoomNid = _room.Nid,
                RoomId = Id,
                Create = create,
                FirstVersion = _room.Head.Version + 1,
                Entries = entries,
                Nodes = [.. nodes.DistinctBy(node => node.Id)],
            },
            Payload = new RoomCommit(Id, tail, Snapshot(head, 0), _committed),
        });
        _newest = commit;
        _pending.Add(commit);
        _room.Head = head;
    }

    /// <summary>Waits until all that was queued from outside is durable.</summary>
    private async Task SettlePending()
    {
        while (_pending.Count > 0)
        {
            await Settled(_pending[0]);
            _pending.RemoveAt(0);
        }
    }

    private void ThrowIfPoisoned()
    {
        if (_poisoned)
        {
            throw Moved();
        }
    }
}
