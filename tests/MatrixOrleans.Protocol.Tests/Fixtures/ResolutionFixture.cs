using System.Globalization;
using System.Text.Json.Nodes;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Fixtures;

/// <summary>
/// A fork and how it is resolved, told in a JSON file of <c>Fixtures/Resolution</c>. Every room starts with <c>create</c>, <c>alice</c>'s join,
/// <c>levels</c>, <c>rules</c> (public) and a join of each of <c>people</c> under their name; each event follows the one above it unless it
/// says <c>prev</c>. A bare name stands for the user of that name. <c>states</c> are those after an event, or such a state <c>but</c> for some keys.
/// <c>results</c> names the event of each key of interest, <c>null</c> for none.
/// </summary>
internal sealed class ResolutionFixture
{
    private static readonly Dictionary<string, string> Users = new()
    {
        ["alice"] = TestRoom.Alice,
        ["bob"] = TestRoom.Bob,
        ["carol"] = TestRoom.Carol,
        ["dave"] = TestRoom.Dave,
    };

    private readonly JsonNode _file;

    private ResolutionFixture(JsonNode file) => _file = file;

    public static IEnumerable<string> Names =>
        typeof(ResolutionFixture).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("Resolution/", StringComparison.Ordinal)).Select(n => n[11..]);

    public IEnumerable<RoomVersion> Versions => Range(_file);

    public static ResolutionFixture Read(string name)
    {
        using var stream = typeof(ResolutionFixture).Assembly.GetManifestResourceStream("Resolution/" + name)!;
        return new ResolutionFixture(JsonNode.Parse(stream)!);
    }

    public Dag Build(RoomVersion version)
    {
        var dag = new Dag(version);
        var creators = new JsonArray([.. Texts(_file["create"]?["additional_creators"]).Select(u => (JsonNode)User(u))]);
        dag.Add("create", EventTypes.Create, TestRoom.Alice, "", creators.Count == 0 ? "{}" : $$"""{"additional_creators":{{creators.ToJsonString()}}}""", []);
        dag.Add("alice", EventTypes.Member, TestRoom.Alice, TestRoom.Alice, """{"membership":"join"}""", ["create"]);
        dag.Add("levels", EventTypes.PowerLevels, TestRoom.Alice, "", $$"""{"users":{{Renamed(_file["levels"]!).ToJsonString()}}}""", ["alice"]);
        dag.Add("rules", EventTypes.JoinRules, TestRoom.Alice, "", """{"join_rule":"public"}""", ["levels"]);
        var last = "rules";
        foreach (var person in Texts(_file["people"]))
        {
            dag.Add(person, EventTypes.Member, User(person), User(person), """{"membership":"join"}""", [last]);
            last = person;
        }

        foreach (var told in _file["events"]!.AsArray().OfType<JsonNode>())
        {
            var name = told["id"]!.GetValue<string>();
            var content = told["content"]!.DeepClone();
            if (content["users"] is { } users)
            {
                content["users"] = Renamed(users);
            }

            var key = told["key"]?.GetValue<string>();
            var pdu = dag.Add(
                name, told["type"]!.GetValue<string>(), User(told["sender"]!.GetValue<string>()), key is null ? null : User(key), content.ToJsonString(),
                told["prev"] is { } prev ? [.. Texts(prev)] : [last], ts: told["ts"]?.GetValue<long>());
            Assert.False(dag.IsRejected(pdu.EventId), $"{name} is not allowed where it stands");
            last = name;
        }

        return dag;
    }

    public List<IReadOnlyDictionary<StateKey, EventId>> States(Dag dag)
    {
        var states = new List<IReadOnlyDictionary<StateKey, EventId>>();
        foreach (var told in _file["states"]!.AsArray().OfType<JsonNode>())
        {
            var state = new Dictionary<StateKey, EventId>(dag.StateAfter(told["after"]!.GetValue<string>()));
            foreach (var (key, name) in told["but"]?.AsObject() ?? [])
            {
                state[Key(key)] = dag[name!.GetValue<string>()].EventId;
            }

            states.Add(state);
        }

        return states;
    }

    /// <summary>What the file says of the version: for a key, the name of its event or <c>null</c>.</summary>
    public IEnumerable<(StateKey Key, string? Name)> Result(RoomVersion version)
    {
        var result = _file["results"]!.AsArray().OfType<JsonNode>().Single(r => Range(r).Contains(version));
        return result["state"]!.AsObject().Select(e => (Key(e.Key), e.Value?.GetValue<string>()));
    }

    private static IEnumerable<RoomVersion> Range(JsonNode node)
    {
        var ends = node["versions"]!.GetValue<string>().Split('-').Select(v => int.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        return RoomVersions.All.Skip(ends[0] - 1).Take(ends[^1] - ends[0] + 1);
    }

    private static StateKey Key(string text)
    {
        var bar = text.IndexOf('|');
        return new StateKey(text[..bar], User(text[(bar + 1)..]));
    }

    private static string User(string name) => Users.GetValueOrDefault(name, name);

    private static IEnumerable<string> Texts(JsonNode? list) => list?.AsArray().Select(n => n!.GetValue<string>()) ?? [];

    private static JsonObject Renamed(JsonNode users) =>
        new(users.AsObject().Select(e => KeyValuePair.Create(User(e.Key), e.Value?.DeepClone())));
}
