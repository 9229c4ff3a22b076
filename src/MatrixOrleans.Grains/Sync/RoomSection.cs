using System.Collections.ObjectModel;
using System.Text.Json;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Sync;

/// <summary>One room in a sync answer, ready to be written.</summary>
internal sealed class RoomSection
{
    public required UserRoom Room { get; init; }

    public List<TailEvent> Timeline { get; init; } = [];

    /// <summary>Bundled aggregations of events of the timeline that have any.</summary>
    public IReadOnlyDictionary<EventId, ReadOnlyMemory<byte>> Relations { get; init; } = ReadOnlyDictionary<EventId, ReadOnlyMemory<byte>>.Empty;

    public bool Limited { get; init; }

    public string? PrevBatch { get; init; }

    /// <summary>State at the start of the timeline, or at its end when the client asked for <c>state_after</c>.</summary>
    public List<Pdu> State { get; init; } = [];

    public RoomSummary? Summary { get; init; }

    public List<ReadOnlyMemory<byte>> Ephemeral { get; init; } = [];

    public List<(string Type, ReadOnlyMemory<byte> Json)> AccountData { get; init; } = [];

    public UnreadView? Unread { get; init; }

    /// <summary>Whether there is anything that a client must hear.</summary>
    public bool IsEmpty => Timeline.Count == 0 && State.Count == 0 && Ephemeral.Count == 0 && AccountData.Count == 0 && Summary is null && Unread is null && !Limited;
}

/// <summary>Members of <c>summary</c>; <c>null</c> parts did not change.</summary>
internal sealed record RoomSummary(IReadOnlyList<string>? Heroes, int? JoinedCount, int? InvitedCount);

/// <summary>Unread counts of a room: of the main timeline and of threads.</summary>
internal sealed record UnreadView(int Notifications, int Highlights, IReadOnlyDictionary<string, (int Notifications, int Highlights)> Threads)
{
    public void Write(Utf8JsonWriter writer, bool threadsApart)
    {
        var (notifications, highlights) = threadsApart
            ? (Notifications, Highlights)
            : (Notifications + Threads.Values.Sum(t => t.Notifications), Highlights + Threads.Values.Sum(t => t.Highlights));
        Counts("unread_notifications", notifications, highlights);
        if (!threadsApart || Threads.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("unread_thread_notifications"u8);
        foreach (var (root, counts) in Threads)
        {
            Counts(root, counts.Notifications, counts.Highlights);
        }

        writer.WriteEndObject();

        void Counts(string name, int all, int loud)
        {
            writer.WriteStartObject(name);
            writer.WriteNumber("notification_count"u8, all);
            writer.WriteNumber("highlight_count"u8, loud);
            writer.WriteEndObject();
        }
    }
}
