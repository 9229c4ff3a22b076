using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Protocol.Tests.StateResolution;

namespace MatrixOrleans.Server.Tests.Federation;

/// <summary>
/// A room as a server of another make would hold it: a graph of signed events whose states are worked out as the specification says, whole and by the naive
/// resolver.
/// </summary>
public sealed class DagRoom : IEventLookup
{
    public static readonly ServerName Far = ServerName.Parse("far.test");
    public static readonly SigningKey Key = SigningKey.FromSeed("ed25519:far", Enumerable.Repeat((byte)7, 32).ToArray());
    public static readonly UserId Ann = UserId.Parse("@ann:far.test");
    public static readonly UserId Ben = UserId.Parse("@ben:far.test");
    public static readonly UserId Cas = UserId.Parse("@cas:far.test");

    private readonly Dictionary<EventId, Node> _nodes = [];
    private long _ts = 1_000_000;

    public DagRoom(RoomVersion version, string name = "dag")
    {
        Version = version;
        var content = new Dictionary<string, object> { ["room_version"] = version.Id, ["test"] = name };
        if (version.CreatorInContent)
        {
            content["creator"] = Ann.Value;
        }

        var create = Build(version.RoomIdIsCreateHash ? null : RoomId.Parse($"!{name}:far.test"), Ann, EventTypes.Create, "", content, [], []);
        Id = create.RoomId;
        Create = create;
        Take(create, []);
    }

    public RoomVersion Version { get; }

    public RoomId Id { get; }

    public Pdu Create { get; }

    /// <summary>In the order in which they were made.</summary>
    public List<Pdu> Events { get; } = [];

    /// <summary>Ann makes the room, with power; Ben and Cas come in.</summary>
    public static DagRoom WithMembers(RoomVersion version, out EventId tip, string name = "dag")
    {
        var room = new DagRoom(version, name);
        tip = room.Member(Ann, "join", Ann, room.Create.EventId).EventId;
        tip = room.State(Ann, EventTypes.PowerLevels, "", Levels(version, (Ann, 100), (Ben, 50)), tip).EventId;
        tip = room.State(Ann, EventTypes.JoinRules, "", new { join_rule = "public" }, tip).EventId;
        tip = room.Member(Ben, "join", Ben, tip).EventId;
        tip = room.Member(Cas, "join", Cas, tip).EventId;
        return room;
    }

    /// <summary>Power levels; creators of version 12 stand above them and are not named.</summary>
    public static object Levels(RoomVersion version, params (UserId User, int Level)[] users) => new
    {
        users = users.Where(u => !version.PrivilegedCreators || u.User != Ann).ToDictionary(u => u.User.Value, u => u.Level),
        state_default = 0,
    };

    public Pdu Say(UserId sender, string text, params EventId[] prev) => Add(sender, EventTypes.Message, null, new { msgtype = "m.text", body = text }, prev);

    public Pdu State(UserId sender, string type, string key, object content, params EventId[] prev) => Add(sender, type, key, content, prev);

    public Pdu Member(UserId sender, string membership, UserId target, params EventId[] prev) =>
        Add(sender, EventTypes.Member, target.Value, new { membership }, prev);

    /// <summary>An event on top of others, with the auth events that the state there gives it; whether it is allowed or not.</summary>
    public Pdu Add(UserId sender, string type, string? key, object content, IReadOnlyList<EventId> prev, EventId? redacts = null)
    {
        var before = StateAfter(prev);
        var json = JsonSerializer.SerializeToElement(content);
        var auth = AuthEventSelection.Keys(type, sender, key, json, Version).Where(before.ContainsKey).Select(k => before[k]).ToList();
        var pdu = Build(Id, sender, type, key, content, prev, auth, redacts);
        Take(pdu, before);
        return pdu;
    }

    /// <summary>Takes in an event that another server made.</summary>
    public void Take(Pdu pdu) => Take(pdu, StateAfter(pdu.PrevEvents));

    /// <summary>The state that the room has with these ends.</summary>
    public Dictionary<StateKey, EventId> StateAfter(IReadOnlyList<EventId> ends) => ends.Count switch
    {
        0 => [],
        1 => _nodes[ends[0]].After,
        _ => new NaiveResolver(Version, this).Resolve([.. ends.Select(e => _nodes[e].After)]),
    };

    public Dictionary<StateKey, EventId> StateBefore(EventId id) => _nodes[id].Before;

    public Pdu? Find(EventId id) => _nodes.TryGetValue(id, out var node) ? node.Pdu : null;

    public bool IsRejected(EventId id) => _nodes.TryGetValue(id, out var node) && node.Rejected;

    public static IncomingPdu Incoming(Pdu pdu) => new() { EventId = pdu.EventId, Json = pdu.Json };

    private Pdu Build(RoomId? room, UserId sender, string type, string? key, object content, IReadOnlyList<EventId> prev, IReadOnlyList<EventId> auth, EventId? redacts = null) =>
        EventBuilder.Build(
            new EventTemplate
            {
                RoomId = room,
                Type = type,
                StateKey = key,
                Sender = sender,
                Content = JsonSerializer.SerializeToUtf8Bytes(content),
                OriginServerTs = _ts++,
                Depth = prev.Count == 0 ? 1 : prev.Max(p => _nodes[p].Pdu.Depth) + 1,
                PrevEvents = [.. prev.Select(Reference)],
                AuthEvents = [.. auth.Select(Reference)],
                Redacts = redacts,
            },
            Version,
            Far,
            Key,
            Version.EventIds == EventIdFormat.Chosen ? EventId.Parse($"$e{_ts}:far.test") : null);

    private EventReference Reference(EventId id) =>
        new(id, Version.EventIds == EventIdFormat.Chosen ? EventBuilder.ReferenceHash(_nodes[id].Pdu) : null);

    private void Take(Pdu pdu, Dictionary<StateKey, EventId> before)
    {
        var allowed = AuthRules.CheckAgainstState(pdu, key => before.TryGetValue(key, out var id) ? Find(id) : null, AuthContext.SignaturesChecked).Allowed
            && AuthRules.CheckAgainstAuthEvents(pdu, [.. pdu.AuthEvents.Select(id => Find(id)!)], Create, cited => IsRejected(cited.EventId), AuthContext.SignaturesChecked).Allowed;
        var after = before;
        if (allowed && pdu.Key is { } key)
        {
            after = new Dictionary<StateKey, EventId>(before) { [key] = pdu.EventId };
        }

        _nodes[pdu.EventId] = new Node(pdu, before, after, !allowed);
        Events.Add(pdu);
    }

    private sealed record Node(Pdu Pdu, Dictionary<StateKey, EventId> Before, Dictionary<StateKey, EventId> After, bool Rejected);
}
