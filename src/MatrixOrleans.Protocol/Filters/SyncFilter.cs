using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Protocol.Filters;

/// <summary>The format in which a client wants events.</summary>
public enum EventFormat
{
    Client,

    /// <summary>As they came over federation.</summary>
    Federation,
}

/// <summary>A filter as clients define it for <c>/sync</c> (Client-Server API, "Filtering"). Immutable.</summary>
public sealed class SyncFilter
{
    private SyncFilter()
    {
    }

    /// <summary>What holds without a filter.</summary>
    public static SyncFilter Default { get; } = new();

    /// <summary>The members of events that the client wants; <c>null</c> for all.</summary>
    public EventFields? Fields { get; private init; }

    public EventFormat Format { get; private init; }

    public EventFilter Presence { get; private init; } = EventFilter.All;

    /// <summary>For account data that belongs to no room.</summary>
    public EventFilter AccountData { get; private init; } = EventFilter.All;

    public RoomFilter Room { get; private init; } = RoomFilter.All;

    /// <summary>Reads a filter that a client sent.</summary>
    /// <exception cref="MatrixException">M_NOT_JSON, M_BAD_JSON, M_TOO_LARGE</exception>
    public static SyncFilter Parse(ReadOnlySpan<byte> json)
    {
        var root = FilterReader.Root(json);
        return new SyncFilter
        {
            Fields = FilterReader.List(root, "event_fields", text => text) is { } paths ? EventFields.Of(paths) : null,
            Format = FilterReader.Text(root, "event_format") switch
            {
                null or "client" => EventFormat.Client,
                "federation" => EventFormat.Federation,
                _ => throw FilterReader.Bad("'event_format' is 'client' or 'federation'"),
            },
            Presence = EventFilter.Read(FilterReader.Object(root, "presence")),
            AccountData = EventFilter.Read(FilterReader.Object(root, "account_data")),
            Room = RoomFilter.Read(FilterReader.Object(root, "room")),
        };
    }
}
