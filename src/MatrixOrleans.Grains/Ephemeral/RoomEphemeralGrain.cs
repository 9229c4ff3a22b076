using System.Security.Cryptography;
using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Grains.Federation.Sending;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Ephemeral;

/// <summary>Who is typing in a room. One timer stands at the next end; nothing is kept when the grain goes.</summary>
public sealed class RoomEphemeralGrain(Database database, TimeProvider time, IEphemeralListener listener, TypingTeller teller) : Grain, IRoomEphemeralGrain
{
    private readonly TypingList _typing = new();
    private readonly uint _epoch = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
    private readonly long _began = time.GetTimestamp();
    private IGrainTimer? _timer;
    private RoomId _room;
    private long? _roomNid;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _room = RoomId.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public async ValueTask SetTyping(UserId user, int timeoutMs)
    {
        _roomNid ??= (await database.Rooms.Find(_room))?.Nid;
        if (_roomNid is not { } nid || (await database.Memberships.Get(nid, user))?.Membership != Membership.Join)
        {
            throw new MatrixException(MatrixError.Forbidden, "You are not in this room");
        }

        var now = NowMs();
        var expired = _typing.Expire(now);
        var changed = _typing.Set(user, now + Math.Clamp(timeoutMs, 0, IRoomEphemeralGrain.TypingTimeoutMsMax), now);
        if (changed || expired)
        {
            Tell();
        }

        await teller.Tell(nid, _room, user, timeoutMs > 0, changed);

        Schedule();
    }

    public ValueTask<TypingView> View() => ValueTask.FromResult(new TypingView(_epoch, _typing.Version, _typing.Users));

    private Task Expire()
    {
        if (_typing.Expire(NowMs()))
        {
            Tell();
        }

        Schedule();
        return Task.CompletedTask;
    }

    private void Tell() => listener.TypingChanged(_room, new TypingView(_epoch, _typing.Version, _typing.Users));

    private void Schedule()
    {
        if (_typing.NextEndMs is not { } end)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        // A little late, so that the timer does not fire before the time it stands for.
        var due = TimeSpan.FromMilliseconds(Math.Max(end - NowMs(), 0) + 1);
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(Expire, new GrainTimerCreationOptions(due, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        }
        else
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private long NowMs() => (long)time.GetElapsedTime(_began).TotalMilliseconds;
}
