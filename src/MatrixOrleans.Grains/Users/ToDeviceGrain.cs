using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Users;

/// <summary>Messages to devices: expands <c>*</c>, drops devices of ours that do not exist, and writes the rest as one unit of the log.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed class ToDeviceGrain(Database database, TenantKeys tenants, TimeProvider time) : Grain, IToDeviceGrain
{
    /// <summary>Most messages that one request may become.</summary>
    private const int MessagesMax = 20_000;

    private readonly UserLog _userLog = new(database);

    public async ValueTask Send(ToDeviceRequest request)
    {
        var sender = this.GetPrimaryKeyString();
        var local = request.Messages.Where(message => tenants.IsTenant(message.User.ServerName)).ToList();
        var devices = (await database.Devices.IdsOf([.. local.Select(message => message.User).Distinct()])).ToLookup(device => device.User, device => device.DeviceId);
        var entries = new List<UserEntry>();

        // Other servers know their devices themselves: what is for them goes into the log as it is, and on from there.
        entries.AddRange(request.Messages.Where(message => !tenants.IsTenant(message.User.ServerName))
            .Select(message => new ToDeviceSend(message.User.Value, message.DeviceId, sender, request.Type, message.Content)));
        foreach (var message in local)
        {
            foreach (var device in devices[message.User].Where(id => message.DeviceId == id || message.DeviceId == ToDeviceMessage.EveryDevice))
            {
                entries.Add(new ToDeviceSend(message.User.Value, device, sender, request.Type, message.Content));
            }
        }

        if (entries.Count > MessagesMax)
        {
            throw new MatrixException(MatrixError.TooLarge, $"A request may send to {MessagesMax} devices at most");
        }

        if (entries.Count > 0)
        {
            var key = $"{sender}|{request.DeviceId}|sendToDevice|{request.Type}|{request.TxnId}";
            await _userLog.Write(entries, new TxnRecord(key, "", time.GetUtcNow().ToUnixTimeMilliseconds()));
        }
    }
}
