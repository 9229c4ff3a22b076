namespace MatrixOrleans.Protocol.Users;

/// <summary>Whether a user is there (Client-Server API, "Presence"). A higher one wins among devices.</summary>
public enum PresenceState
{
    /// <summary>Not connected, or wants to be taken for that.</summary>
    Offline = 0,

    /// <summary>Connected and away.</summary>
    Unavailable = 1,

    Online = 2,

    /// <summary>There, and not to be disturbed (MSC3026).</summary>
    Busy = 3,
}

/// <summary>The names that the specification gives to states of presence.</summary>
public static class PresenceStates
{
    public static string Name(this PresenceState state) => state switch
    {
        PresenceState.Online => "online",
        PresenceState.Unavailable => "unavailable",
        PresenceState.Busy => "org.matrix.msc3026.busy",
        _ => "offline",
    };

    /// <summary><c>null</c> for what is no presence.</summary>
    public static PresenceState? Parse(string? name) => name switch
    {
        "online" => PresenceState.Online,
        "unavailable" => PresenceState.Unavailable,
        "offline" => PresenceState.Offline,
        "busy" or "org.matrix.msc3026.busy" => PresenceState.Busy,
        _ => null,
    };
}
