using MatrixOrleans.Protocol.Events;

namespace MatrixOrleans.Protocol.Visibility;

/// <summary>The <c>history_visibility</c> of a room (Client-Server API, "Room History Visibility").</summary>
public enum HistoryVisibility : byte
{
    /// <summary>Whoever is or comes in sees everything. The default, also for a value that nobody knows.</summary>
    Shared = 0,

    /// <summary>Everybody sees the events, members or not.</summary>
    WorldReadable = 1,

    /// <summary>Members see what came since they were invited.</summary>
    Invited = 2,

    /// <summary>Members see what came since they joined.</summary>
    Joined = 3,
}

public static class HistoryVisibilityText
{
    public static HistoryVisibility Parse(string? text) => text switch
    {
        "world_readable" => HistoryVisibility.WorldReadable,
        "invited" => HistoryVisibility.Invited,
        "joined" => HistoryVisibility.Joined,
        _ => HistoryVisibility.Shared,
    };

    /// <summary>What the state event says; the default without one.</summary>
    public static HistoryVisibility Of(Pdu? state) => Parse(state?.ContentString("history_visibility"));

    /// <summary>The spec's word.</summary>
    public static string Text(this HistoryVisibility visibility) => visibility switch
    {
        HistoryVisibility.WorldReadable => "world_readable",
        HistoryVisibility.Invited => "invited",
        HistoryVisibility.Joined => "joined",
        _ => "shared",
    };
}
