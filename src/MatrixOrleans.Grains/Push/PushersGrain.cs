using System.Text.Json;
using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Push;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Push;

/// <summary>The pushers of a user, straight from storage.</summary>
[StatelessWorker, Reentrant]
public sealed class PushersGrain(Database database, EventCache cache, OutboundOptions outbound, TimeProvider time) : Grain, IPushersGrain
{
    /// <summary>Most pushers of one user.</summary>
    private const int PushersMax = 50;

    private UserId User => UserId.Parse(this.GetPrimaryKeyString());

    public async ValueTask<IReadOnlyList<PusherView>> All() =>
        [.. (await database.Pushers.OfUser(User)).Select(pusher => new PusherView
        {
            Kind = pusher.Kind,
            AppId = pusher.AppId,
            PushKey = pusher.PushKey,
            AppDisplayName = pusher.AppDisplayName,
            DeviceDisplayName = pusher.DeviceDisplayName,
            ProfileTag = pusher.ProfileTag,
            Lang = pusher.Lang,
            Data = pusher.Data,
            Enabled = pusher.Enabled,
            DeviceId = pusher.DeviceId.Length > 0 ? pusher.DeviceId : null,
        })];

    public async ValueTask Set(string? deviceId, ReadOnlyMemory<byte> body)
    {
        var request = PusherRequest.Read(JsonElement.Parse(body.Span), httpAllowed: outbound.PrivateAddressesAllowed);
        if (request.Kind is null)
        {
            await database.Pushers.Remove(User, request.AppId, request.PushKey);
            return;
        }

        var known = await database.Pushers.OfUser(User);
        if (known.Count >= PushersMax && !known.Any(pusher => pusher.AppId == request.AppId && pusher.PushKey == request.PushKey))
        {
            throw new MatrixException(MatrixError.InvalidParam, $"A user has at most {PushersMax} pushers");
        }

        var pusher = new PusherRow(
            0,
            User,
            request.AppId,
            request.PushKey,
            request.Kind,
            request.AppDisplayName,
            request.DeviceDisplayName,
            request.ProfileTag,
            request.Lang,
            request.Data,
            request.Enabled,
            deviceId ?? "",
            time.GetUtcNow().ToUnixTimeMilliseconds());
        if (!await database.Pushers.Set(pusher, request.Append))
        {
            throw new MatrixException(MatrixError.UnknownToken, "The device has been logged out");
        }
    }

    public async ValueTask<NotificationsPage> Notifications(NotificationsQuery query) =>
        await new NotificationWalk(User, query, database, cache, GrainFactory, time.GetUtcNow().ToUnixTimeMilliseconds()).Page();
}
