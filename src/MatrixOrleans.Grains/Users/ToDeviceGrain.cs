using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Users;

/// <summary>Messages to devices: expands <c>*</c>, drops devices that do not exist, and writes the rest as one unit of the log.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed partial class ToDeviceGrain(Database database, TenantKeys tenants, TimeProvider time, ILogger<ToDeviceGrain> log) : Grain, IToDeviceGrain
{
    /// <summary>Most messages that one request may become.</summary>
    private const int MessagesMax = 20_000;

    private readonly UserLog _userLog = new(database);

    public async ValueTask Send(ToDeviceRequest request)
    {
        var sender = this.GetPrimaryKeyString();
        var local = new List<ToDeviceMessage>(request.Messages.Count);
        foreach (var message in request.Messages)
        {
            if (tenants.IsTenant(message.User.ServerName))
            {
                local.Add(message);
            }
            else
            {
                LogRemote(log, sender, message.User);
            }
        }

        var devices = (await database.Devices.IdsOf([.. local.Select(message => message.User).Distinct()])).ToLookup(device => device.User, device => device.DeviceId);
        var entries = new List<UserEntry>();
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Sender} sends to a device of {User}, who is on another server: the message is dropped")]
    private static partial void LogRemote(ILogger log, string sender, UserId user);
}
