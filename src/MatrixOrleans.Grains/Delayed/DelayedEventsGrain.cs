using System.Security.Cryptography;
using MatrixOrleans.Contracts.Delayed;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Delayed;

/// <summary>
/// One shard of the delayed events. One timer stands at the next one's time. A send carries a transaction id made of the delay id, so one that
/// is repeated after a crash makes no second event.
/// </summary>
public sealed partial class DelayedEventsGrain(Database database, TimeProvider time, ILogger<DelayedEventsGrain> log) : Grain, IDelayedEventsGrain
{
    /// <summary>Sent in one go before others get a turn.</summary>
    private const int AtOnce = 100;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TimerMax = TimeSpan.FromHours(1);

    private int _shard;
    private IGrainTimer? _timer;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _shard = (int)this.GetPrimaryKeyLong();
        await Schedule();
    }

    public async ValueTask<string> Schedule(SendRequest request, RoomId room, long delayMs)
    {
        if (delayMs > IDelayedEventsGrain.DelayMsMax)
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(400), "The requested delay exceeds the allowed maximum.")
            {
                ExtraJson = $$"""{"org.matrix.msc4140.errcode":"M_MAX_DELAY_EXCEEDED","org.matrix.msc4140.max_delay":{{IDelayedEventsGrain.DelayMsMax}}}""",
            };
        }

        if (await CurrentState.Load(database, room) is not { } state || !await state.IsJoined(request.Sender))
        {
            throw new MatrixException(MatrixError.Forbidden, "You are not in this room");
        }

        if (request.TxnId is { } txn
            && (await database.DelayedEvents.OfUser(request.Sender)).FirstOrDefault(known => known.TxnId == txn && known.DeviceId == request.DeviceId && known.Room == room) is { } repeated)
        {
            return repeated.DelayId;
        }

        var id = _shard.ToString("x", System.Globalization.CultureInfo.InvariantCulture) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var row = new DelayedEventRow(
            id, _shard, request.Sender, request.DeviceId, request.TxnId, room, request.Type, request.StateKey, request.Content, delayMs, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (!await database.DelayedEvents.Add(row, IDelayedEventsGrain.PerUserMax))
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(400), "The maximum number of delayed events has been reached.")
            {
                ExtraJson = """{"org.matrix.msc4140.errcode":"M_MAX_DELAYED_EVENTS_EXCEEDED"}""",
            };
        }

        await Schedule();
        return id;
    }

    public async ValueTask Update(string delayId, DelayedEventAction action)
    {
        var row = await database.DelayedEvents.Get(delayId) ?? throw new MatrixException(MatrixError.NotFound, "Unknown delayed event");
        switch (action)
        {
            case DelayedEventAction.Cancel:
                await database.DelayedEvents.Remove(delayId);
                break;
            case DelayedEventAction.Restart:
                await database.DelayedEvents.Restart(delayId, time.GetUtcNow().ToUnixTimeMilliseconds());
                break;
            default:
                await Send(row);
                await database.DelayedEvents.Remove(delayId);
                break;
        }

        await Schedule();
    }

    public async ValueTask<IReadOnlyList<DelayedEventView>> OfUser(UserId user) =>
        [.. (await database.DelayedEvents.OfUser(user)).Select(row => new DelayedEventView(row.DelayId, row.Room, row.Type, row.StateKey, row.DelayMs, row.RunningSinceMs, row.Content))];

    public Task Wake() => Fire();

    private async Task Fire()
    {
        foreach (var row in await database.DelayedEvents.Due(_shard, time.GetUtcNow().ToUnixTimeMilliseconds(), AtOnce))
        {
            try
            {
                if (!await IsOvertaken(row))
                {
                    await Send(row);
                }
            }
            catch (MatrixException moved) when (moved.Code == MatrixError.RoomMoved || moved.Code == MatrixError.Unavailable || moved.Code == MatrixError.LimitExceeded)
            {
                LogRetry(log, row.DelayId, moved);
                StandAt(RetryAfter);
                return;
            }
            catch (MatrixException refusal)
            {
                LogRefused(log, row.DelayId, row.Room, refusal);
            }

            await database.DelayedEvents.Remove(row.DelayId);
        }

        await Schedule();
    }

    /// <summary>Whether somebody else has set the state since the delay began: then theirs stays.</summary>
    private async ValueTask<bool> IsOvertaken(DelayedEventRow row)
    {
        if (row.StateKey is null || await CurrentState.Load(database, row.Room) is not { } state)
        {
            return false;
        }

        var key = new StateKey(row.Type, row.StateKey);
        return (await state.Events([key])).TryGetValue(key, out var current) && current.Sender != row.User && current.OriginServerTs > row.RunningSinceMs;
    }

    private async Task Send(DelayedEventRow row) =>
        await GrainFactory.GetGrain<IRoomGrain>(row.Room.Value).Send(new SendRequest
        {
            Sender = row.User,
            Type = row.Type,
            StateKey = row.StateKey,
            Content = row.Content,
            TxnId = $"delayed:{row.DelayId}",
        });

    private async ValueTask Schedule()
    {
        if (await database.DelayedEvents.NextDueMs(_shard) is not { } due)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        StandAt(TimeSpan.FromMilliseconds(Math.Max(due - time.GetUtcNow().ToUnixTimeMilliseconds(), 0) + 1));
    }

    private void StandAt(TimeSpan wait)
    {
        wait = wait > TimerMax ? TimerMax : wait;
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(Fire, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The delayed event {DelayId} could not be sent now and is tried again")]
    private static partial void LogRetry(ILogger log, string delayId, Exception reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The delayed event {DelayId} was refused by {Room} and is dropped")]
    private static partial void LogRefused(ILogger log, string delayId, RoomId room, Exception reason);
}
