using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Fixtures;

/// <summary>A room with one line of state: events with real hashes, put into the state unasked, so that single rules can be tried.</summary>
internal sealed class TestRoom
{
    public const string Alice = "@alice:a.test";
    public const string Bob = "@bob:b.test";
    public const string Carol = "@carol:c.test";
    public const string Dave = "@dave:d.test";

    private int _count;

    public TestRoom(string version, string createContent = "{}", bool bare = false)
    {
        Version = RoomVersions.Get(version);
        Create = Make(EventTypes.Create, Alice, "", TestEvents.CreateContent(Version, createContent), prev: [], auth: []);
        State[StateKey.Create] = Create;
        if (!bare)
        {
            Member(Alice, "join");
        }
    }

    public RoomVersion Version { get; }

    public Pdu Create { get; }

    public Dictionary<StateKey, Pdu> State { get; } = [];

    public List<StateKey> Asked { get; } = [];

    public AuthContext Context { get; set; } = AuthContext.SignaturesChecked;

    /// <summary>An event with the auth events that the state selects.</summary>
    public Pdu Make(
        string type, string sender, string? stateKey, string content, IReadOnlyList<Pdu>? prev = null, IReadOnlyList<Pdu>? auth = null,
        EventId? redacts = null, string? roomId = null)
    {
        var number = ++_count;
        var user = UserId.Parse(sender);
        auth ??= [.. AuthEventSelection.Keys(type, user, stateKey, JsonElement.Parse(content), Version).Where(State.ContainsKey).Select(k => State[k])];
        prev ??= [State.Values.MaxBy(e => e.OriginServerTs)!];
        var room = type != EventTypes.Create ? RoomId.Parse(roomId ?? Create.RoomId.Value)
            : roomId is not null ? RoomId.Parse(roomId)
            : Version.RoomIdIsCreateHash ? (RoomId?)null : TestEvents.Room;
        return TestEvents.Build(Version, room, number, user, type, stateKey, content, prev, auth, 1_000 + number, redacts);
    }

    public Pdu Put(string type, string sender, string stateKey, string content)
    {
        var pdu = Make(type, sender, stateKey, content);
        State[pdu.Key!.Value] = pdu;
        return pdu;
    }

    public TestRoom Member(string user, string membership)
    {
        Put(EventTypes.Member, user, user, $$"""{"membership":"{{membership}}"}""");
        return this;
    }

    public TestRoom JoinRule(string rule)
    {
        Put(EventTypes.JoinRules, Alice, "", $$"""{"join_rule":"{{rule}}"}""");
        return this;
    }

    /// <summary>Alice has 100, if she need not be above that, Bob 50, and whatever else is stated.</summary>
    public TestRoom Levels(string more = "{}")
    {
        var members = JsonElement.Parse(more).EnumerateObject().ToDictionary(m => m.Name, m => m.Value);
        members.TryAdd("users", JsonElement.Parse(Version.PrivilegedCreators ? $$"""{"{{Bob}}":50}""" : $$"""{"{{Alice}}":100,"{{Bob}}":50}"""));
        Put(EventTypes.PowerLevels, Alice, "", JsonSerializer.Serialize(members));
        return this;
    }

    public Verdict Check(Pdu pdu)
    {
        Asked.Clear();
        return AuthRules.CheckAgainstState(
            pdu,
            key =>
            {
                Asked.Add(key);
                return State.GetValueOrDefault(key);
            },
            Context);
    }

    public Verdict Try(string type, string sender, string? stateKey, string content = "{}") => Check(Make(type, sender, stateKey, content));

    public Verdict TryMember(string sender, string target, string membership, string more = "{}") =>
        Check(Make(EventTypes.Member, sender, target, Json($$"""{"membership":"{{membership}}"}""", more)));

    public Verdict TryJoin(string user, string more = "{}") => TryMember(user, user, "join", more);

    public Verdict TryLevels(string sender, string content) => Try(EventTypes.PowerLevels, sender, "", content);

    private static string Json(string one, string more)
    {
        var members = JsonElement.Parse(one).EnumerateObject().Concat(JsonElement.Parse(more).EnumerateObject());
        return JsonSerializer.Serialize(members.ToDictionary(m => m.Name, m => m.Value));
    }
}
