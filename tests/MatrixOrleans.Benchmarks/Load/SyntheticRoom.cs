using System.Globalization;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>A room made of real events (hashed, signed, with the auth events that belong to them) without a server; it can be forked.</summary>
internal sealed class SyntheticRoom
{
    public static readonly ServerName Server = ServerName.Parse("localhost");
    public static readonly UserId Creator = UserId.Parse("@creator:localhost");

    private static readonly SigningKey Key = SigningKey.FromSeed("ed25519:bench", new byte[32]);

    private long _ts;

    private SyntheticRoom(RoomVersion version, Dictionary<StateKey, Pdu> state, List<Pdu> events, long ts)
    {
        Version = version;
        State = state;
        Events = events;
        _ts = ts;
    }

    public RoomVersion Version { get; }

    public Dictionary<StateKey, Pdu> State { get; }

    /// <summary>The events since the room was made or forked.</summary>
    public List<Pdu> Events { get; }

    public RoomId Id => State[StateKey.Create].RoomId;

    public Pdu Last { get; private set; } = null!;

    /// <summary>A public room with its creator and moderators of level 60.</summary>
    public static SyntheticRoom Create(RoomVersion version, int moderators)
    {
        var room = new SyntheticRoom(version, [], [], 1_700_000_000_000);
        room.Add(EventTypes.Create, "", Creator, $$"""{"room_version":"{{version.Id}}"{{(version.PrivilegedCreators ? "" : $",\"creator\":\"{Creator}\"")}}}""");
        room.Add(EventTypes.Member, Creator.Value, Creator, Join("Creator"));
        room.Add(EventTypes.PowerLevels, "", Creator, room.PowerLevels(moderators, 0));
        room.Add(EventTypes.JoinRules, "", Creator, """{"join_rule":"public"}""");
        room.Add(EventTypes.HistoryVisibility, "", Creator, """{"history_visibility":"shared"}""");
        return room;
    }

    public static UserId Member(int number) => UserId.Parse(string.Create(CultureInfo.InvariantCulture, $"@member{number}:localhost"));

    public static string Join(string name) => $$"""{"displayname":"{{name}}","membership":"join"}""";

    /// <param name="serial">Anything else than before makes it a change.</param>
    public string PowerLevels(int moderators, int serial)
    {
        var users = Enumerable.Range(0, moderators).Select(i => $"\"{Member(i)}\":60");
        if (!Version.PrivilegedCreators)
        {
            users = users.Prepend($"\"{Creator}\":100");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"ban":50,"events":{"m.room.name":50,"m.room.power_levels":60,"org.example.serial{{serial}}":50},"events_default":0,"invite":0,"kick":50,"redact":50,"state_default":0,"users":{ {{string.Join(',', users)}} },"users_default":0}""");
    }

    /// <summary>Adds an event after the last one.</summary>
    public Pdu Add(string type, string? stateKey, UserId sender, string content) => Add(type, stateKey, sender, content, Last is null ? [] : [Last]);

    public Pdu Add(string type, string? stateKey, UserId sender, string content, IReadOnlyList<Pdu> previous)
    {
        var auth = AuthEventSelection.Keys(type, sender, stateKey, JsonElement.Parse(content), Version)
            .Where(State.ContainsKey)
            .Select(key => new EventReference(State[key].EventId, null));
        var template = new EventTemplate
        {
            RoomId = State.Count > 0 ? Id : Version.RoomIdIsCreateHash ? null : RoomId.Parse("!synthetic:localhost"),
            Type = type,
            StateKey = stateKey,
            Sender = sender,
            Content = Encoding.UTF8.GetBytes(content),
            OriginServerTs = ++_ts,
            Depth = previous.Count == 0 ? 1 : previous.Max(p => p.Depth) + 1,
            PrevEvents = [.. previous.Select(p => new EventReference(p.EventId, null))],
            AuthEvents = [.. auth],
        };
        var pdu = EventBuilder.Build(template, Version, Server, Key);
        Events.Add(pdu);
        Last = pdu;
        if (pdu.Key is { } key)
        {
            State[key] = pdu;
        }

        return pdu;
    }

    /// <summary>A branch from here; its clock runs beside this one's.</summary>
    public SyntheticRoom Fork() => new(Version, new Dictionary<StateKey, Pdu>(State), [], _ts) { Last = Last };
}
