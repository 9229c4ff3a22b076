using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Grains.Presence;

/// <summary>What the devices of one user say of it, and until when. Times are milliseconds of any steady clock.</summary>
internal sealed class DevicesSeen
{
    /// <summary>Most devices that are remembered; the one that was seen first goes.</summary>
    public const int DevicesMax = 100;

    private readonly Dictionary<string, (PresenceState State, long UntilMs)> _devices = [];

    /// <summary>The presence of the user: the highest of the devices that still count.</summary>
    public PresenceState Effective => _devices.Count == 0 ? PresenceState.Offline : _devices.Values.Max(device => device.State);

    /// <summary>When the next device ceases to count; <c>null</c> when there is none.</summary>
    public long? NextEndMs => _devices.Count == 0 ? null : _devices.Values.Min(device => device.UntilMs);

    public void See(string device, PresenceState state, long nowMs, int forMs = IPresenceGrain.SeenForMs)
    {
        if (state == PresenceState.Offline)
        {
            _devices.Remove(device);
            return;
        }

        if (_devices.Count >= DevicesMax && !_devices.ContainsKey(device))
        {
            _devices.Remove(_devices.MinBy(entry => entry.Value.UntilMs).Key);
        }

        // "Busy" is not lifted by a sync that says no more than that the device is there.
        if (state == PresenceState.Online && _devices.TryGetValue(device, out var before) && before.State == PresenceState.Busy)
        {
            state = PresenceState.Busy;
        }

        _devices[device] = (state, nowMs + forMs);
    }

    /// <summary>Says what one device is from now on, whatever it was.</summary>
    public void Set(string device, PresenceState state, long nowMs, int forMs = IPresenceGrain.SeenForMs)
    {
        _devices.Remove(device);
        See(device, state, nowMs, forMs);
    }

    public void Expire(long nowMs)
    {
        foreach (var device in _devices.Where(entry => entry.Value.UntilMs <= nowMs).Select(entry => entry.Key).ToList())
        {
            _devices.Remove(device);
        }
    }
}
