using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Grains.Federation.Sending;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Presence;

/// <summary>
/// Whether one user is there. Devices count for a while after each sync; one timer stands at the moment when the next of them ceases to.
/// Only a change that others can see is told, so a user who syncs on and on costs nobody anything.
/// </summary>
public sealed class PresenceGrain(Database database, TimeProvider time, IPresenceListener listener, PresenceTeller teller) : Grain, IPresenceGrain
{
    /// <summary>Stands for the devices of before, when a process ended while the user was there.</summary>
    private const string EarlierDevice = "\0earlier";

    private readonly DevicesSeen _devices = new();
    private readonly long _began = time.GetTimestamp();
    private UserId _user;
    private PresenceView _view = null!;
    private IGrainTimer? _timer;
    private long _told = time.GetTimestamp();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _user = UserId.Parse(this.GetPrimaryKeyString());
        var row = await database.Presence.Get(_user);
        _view = new PresenceView(_user, row?.Presence ?? PresenceState.Offline, row?.StatusMessage, row?.LastActiveMs, false);
        if (_view.Presence != PresenceState.Offline)
        {
            _devices.See(EarlierDevice, _view.Presence, NowMs());
            listener.PresenceChanged(_view, await database.Memberships.JoinedRooms(_user));
        }

        Schedule();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_devices.NextEndMs is not null && _view.Presence != PresenceState.Offline)
        {
            await Keep();
        }
    }

    public async ValueTask Set(string device, PresenceState presence, string? status)
    {
        _devices.Set(device, presence, NowMs());
        await Move(status, isActive: true, isNews: true);
    }

    public async ValueTask Seen(string device, PresenceState presence)
    {
        _devices.See(device, presence, NowMs());
        await Move(_view.StatusMessage, isActive: presence is PresenceState.Online or PresenceState.Busy, isNews: false);
    }

    public async ValueTask Told(PresenceView view)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        _devices.Set("", view.Presence, NowMs(), IPresenceGrain.ToldForMs);
        _view = view with { User = _user, LastActiveMs = Math.Min(view.LastActiveMs ?? now, now) };
        listener.PresenceChanged(_view, await database.Memberships.JoinedRooms(_user));
        Schedule();
    }

    public async ValueTask<PresenceView> View(UserId viewer)
    {
        if (viewer != _user)
        {
            if ((await database.Memberships.Shared(viewer, _user)).Count == 0)
            {
                throw new MatrixException(MatrixError.Forbidden, "You share no room with this user");
            }
        }

        return _view;
    }

    private async Task Expire()
    {
        _devices.Expire(NowMs());
        await Move(_view.StatusMessage, isActive: false, isNews: false);
    }

    /// <summary>Takes over what the devices say now, and tells it when others can see the difference.</summary>
    private async ValueTask Move(string? status, bool isActive, bool isNews)
    {
        var before = _view;
        var presence = _devices.Effective;
        _view = _view with
        {
            Presence = presence,
            StatusMessage = status,
            LastActiveMs = isActive ? time.GetUtcNow().ToUnixTimeMilliseconds() : _view.LastActiveMs,
            CurrentlyActive = presence is PresenceState.Online or PresenceState.Busy,
        };
        Schedule();
        if (!isNews && before.Presence == presence && before.StatusMessage == status)
        {
            if (presence != PresenceState.Offline && time.GetElapsedTime(_told).TotalMilliseconds >= IPresenceGrain.TellAgainMs)
            {
                await Tell();
            }

            return;
        }

        listener.PresenceChanged(_view, await database.Memberships.JoinedRooms(_user));
        await Tell();
        if (before.Presence != presence || before.StatusMessage != status)
        {
            await Keep();
        }
    }

    private ValueTask Tell()
    {
        _told = time.GetTimestamp();
        return teller.Tell(_view);
    }

    private Task Keep() => database.Presence.Put(new PresenceRow(_user, _view.Presence, _view.StatusMessage, _view.LastActiveMs));

    private void Schedule()
    {
        if (_devices.NextEndMs is not { } end)
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
