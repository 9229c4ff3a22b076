using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// The messages that wait for a user's devices. One is delivered again and again until the device presents a token behind it, and is
/// deleted then (DESIGN 4.3).
/// </summary>
internal sealed class ToDeviceInbox(UserId user, Database database, Tail tail)
{
    /// <summary>Most messages of one answer.</summary>
    private const int MessagesMax = 100;

    /// <summary>By device, the first message that was delivered and not deleted yet. A device that is not here may have some of an earlier activation.</summary>
    private readonly Dictionary<string, long> _delivered = [];

    /// <summary>The device presented a token: what lies up to it has arrived.</summary>
    public async ValueTask Acknowledge(string device, long position)
    {
        if (position <= 0 || _delivered.GetValueOrDefault(device) > position)
        {
            return;
        }

        _delivered[device] = long.MaxValue;
        try
        {
            await database.ToDevice.DeleteUpTo(user, device, position);
        }
        catch
        {
            // They are still there: the next token deletes them.
            _delivered.Remove(device);
            throw;
        }
    }

    /// <summary>Messages in (after, upto] in order, at most a hundred, and the position up to which these are all.</summary>
    public async Task<(IReadOnlyList<ToDeviceRow> Messages, long Position)> Read(string? device, long after, long upto, int limit = MessagesMax)
    {
        if (device is null
            || (after >= tail.Start && after > 0 && !tail.UserEntries(user.Value, after, upto).Exists(e => e.Item is ToDeviceSend send && send.DeviceId == device)))
        {
            return ([], upto);
        }

        limit = Math.Min(limit, MessagesMax);
        var messages = await database.ToDevice.Read(user, device, after, upto, limit);
        if (messages.Count > 0)
        {
            _delivered[device] = Math.Min(_delivered.GetValueOrDefault(device, 0), messages[0].Position);
        }

        return (messages, messages.Count == limit ? messages[^1].Position : upto);
    }
}
