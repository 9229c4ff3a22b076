using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Push;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Push;

/// <summary>
/// Sends what a pusher has to tell to its gateway, one notification after another. What was not sent stays in the database; a gateway that does not answer
/// is tried again, ever more rarely. A gateway may hear twice of an event (same event id) when this process ends at the wrong moment.
/// </summary>
public sealed partial class PusherGrain(Database database, RoomWindows windows, IWebClient web, PushOptions options, TimeProvider time, ILogger<PusherGrain> log)
    : Grain, IPusherGrain
{
    private const int RowsAtOnce = 20;

    private bool _isSending;
    private bool _isWanted;
    private int _failures;
    private IGrainTimer? _retry;

    private enum Told
    {
        Yes,

        /// <summary>The gateway does not know the pushkey: the pusher has ended.</summary>
        Rejected,

        Failed,
    }

    public async Task Wake()
    {
        _isWanted = true;
        if (_isSending || _retry is not null)
        {
            return;
        }

        _isSending = true;
        try
        {
            while (_isWanted && _retry is null)
            {
                _isWanted = false;
                await SendAll();
            }
        }
        catch (Exception error)
        {
            SendFailed(error, this.GetPrimaryKeyLong());
            RetryLater();
        }
        finally
        {
            _isSending = false;
        }
    }

    private async Task SendAll()
    {
        var id = this.GetPrimaryKeyLong();
        while (await database.Pushers.Queued(id, RowsAtOnce) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                if (await database.Pushers.Get(id) is not { } pusher)
                {
                    return;
                }

                switch (await Send(pusher, row))
                {
                    case Told.Rejected:
                        Rejected(pusher.UserId, pusher.AppId);
                        await database.Pushers.Remove(id);
                        return;
                    case Told.Failed:
                        await database.Pushers.Trim(id, options.KeptMax);
                        RetryLater();
                        return;
                    default:
                        _failures = 0;
                        break;
                }
            }
        }
    }

    private async ValueTask<Told> Send(PusherRow pusher, PushRow row)
    {
        var subject = row.EventNid == 0 ? null : await PushedEvent.Load(database, windows, pusher.UserId, row);
        if (!pusher.Enabled || (row.EventNid != 0 && (subject is null || subject.IsRead || Age(subject.Pdu.OriginServerTs) > options.GiveUpAfter)))
        {
            await database.Pushers.Done(row, null);
            return Told.Yes;
        }

        var unread = await GrainFactory.GetGrain<IUserSyncGrain>(pusher.UserId.Value).UnreadTotal();
        if (subject is null && unread == (pusher.Badge ?? 0))
        {
            await database.Pushers.Done(row, null);
            return Told.Yes;
        }

        var notification = new PushNotification
        {
            AppId = pusher.AppId,
            PushKey = pusher.PushKey,
            PushKeyTs = pusher.SetMs / 1000,
            Data = pusher.Data,
            Unread = unread,
            User = pusher.UserId,
            Event = subject?.Pdu,
            Actions = row.Actions,
            SenderDisplayName = subject?.SenderDisplayName,
            RoomName = subject?.RoomName,
            RoomAlias = subject?.RoomAlias,
        };
        var told = await Post(pusher, notification);
        if (told == Told.Yes)
        {
            await database.Pushers.Done(row, unread);
        }

        return told;
    }

    private async ValueTask<Told> Post(PusherRow pusher, PushNotification notification)
    {
        var url = PushNotification.UrlOf(pusher.Data);
        try
        {
            var answer = await web.Send(new WebCall(HttpMethod.Post, url, notification.ToBytes()));
            if (!answer.IsSuccess)
            {
                GatewayFailed(url.Host, $"status {answer.Status}");
                return Told.Failed;
            }

            return IsRejected(answer.Body, pusher.PushKey) ? Told.Rejected : Told.Yes;
        }
        catch (WebException failure)
        {
            GatewayFailed(url.Host, failure.Message);
            return Told.Failed;
        }
    }

    /// <summary>An answer that is not as it should be rejects nothing.</summary>
    private static bool IsRejected(ReadOnlyMemory<byte> body, string pushKey)
    {
        try
        {
            return JsonElement.Parse(body.Span) is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("rejected"u8, out var rejected) && rejected.ValueKind == JsonValueKind.Array
                && rejected.EnumerateArray().Any(key => key.ValueKind == JsonValueKind.String && key.ValueEquals(pushKey));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void RetryLater()
    {
        var wait = options.RetryFirst * Math.Pow(2, Math.Min(_failures++, 20));
        wait = (wait < options.RetryMax ? wait : options.RetryMax) * (RandomNumberGenerator.GetInt32(80, 120) / 100.0);
        _retry = this.RegisterGrainTimer(
            async _ =>
            {
                _retry?.Dispose();
                _retry = null;
                await Wake();
            },
            new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
    }

    private TimeSpan Age(long ts) => time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(ts);

    [LoggerMessage(LogLevel.Information, "The push gateway at {Host} was not told: {Reason}")]
    private partial void GatewayFailed(string host, string reason);

    [LoggerMessage(LogLevel.Information, "The push gateway rejected a pusher of {User} for {AppId}")]
    private partial void Rejected(UserId user, string appId);

    [LoggerMessage(LogLevel.Error, "Pusher {Id} cannot send")]
    private partial void SendFailed(Exception error, long id);
}
