using CsCheck;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Tests.Fixtures;

namespace MatrixOrleans.Protocol.Tests.StateResolution;

/// <summary>One thing that somebody tries in a random room.</summary>
/// <param name="Kind">What; see <see cref="RandomDag"/>.</param>
/// <param name="Back">How many events before the newest this one continues from.</param>
/// <param name="Merge">Of a second event that it continues from, the same; negative for none.</param>
/// <param name="Ts">Clocks go wrong.</param>
internal readonly record struct Move(int Actor, int Target, int Kind, int Level, int Back, int Merge, int Ts);

/// <summary>Random rooms: four users who fork, merge, ban, promote and demote each other. What is not allowed where it stands is left out.</summary>
internal static class RandomDag
{
    private static readonly string[] Users = [TestRoom.Alice, TestRoom.Bob, TestRoom.Carol, TestRoom.Dave];

    private static readonly int[] Levels = [0, 10, 50, 60, 100];

    public static readonly Gen<Move[]> Moves = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 11], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[-6, 6], Gen.Int[0, 40],
        (actor, target, kind, level, back, merge, ts) => new Move(actor, target, kind, level, back, merge, ts)).Array[4, 28];

    public static Dag Build(string version, Move[] moves)
    {
        var dag = new Dag(RoomVersions.Get(version));
        var create = moves[0].Level == 0 ? """{"additional_creators":["@dave:d.test"]}""" : "{}";
        dag.Add("create", EventTypes.Create, TestRoom.Alice, "", create, []);
        dag.Add("alice", EventTypes.Member, TestRoom.Alice, TestRoom.Alice, """{"membership":"join"}""", ["create"]);
        dag.Add("levels", EventTypes.PowerLevels, TestRoom.Alice, "", PowerLevels(100, 50, 0, 100), ["alice"]);
        dag.Add("rules", EventTypes.JoinRules, TestRoom.Alice, "", """{"join_rule":"public"}""", ["levels"]);
        var names = new List<string> { "create", "alice", "levels", "rules" };
        foreach (var user in Users.Skip(1))
        {
            dag.Add(user, EventTypes.Member, user, user, """{"membership":"join"}""", [names[^1]]);
            names.Add(user);
        }

        foreach (var move in moves)
        {
            Play(dag, names, move);
        }

        return dag;
    }

    private static void Play(Dag dag, List<string> names, Move move)
    {
        var prev = new List<string> { names[Math.Max(1, names.Count - 1 - move.Back)] };
        if (move.Merge >= 0 && names[Math.Max(1, names.Count - 1 - move.Merge)] is var other && other != prev[0])
        {
            prev.Add(other);
        }

        var actor = Users[move.Actor];
        var target = Users[move.Target];
        var (type, key, content) = move.Kind switch
        {
            0 => (EventTypes.Member, target, """{"membership":"ban"}"""),
            1 => (EventTypes.Member, target, """{"membership":"leave"}"""),
            2 => (EventTypes.Member, target, """{"membership":"invite"}"""),
            3 or 4 => (EventTypes.Member, actor, $$"""{"membership":"join","displayname":"{{names.Count}}"}"""),
            5 => (EventTypes.Member, actor, """{"membership":"leave"}"""),
            6 => (EventTypes.JoinRules, "", $$"""{"join_rule":"{{(move.Level % 2 == 0 ? "public" : "invite")}}"}"""),
            7 or 8 => (EventTypes.PowerLevels, "", PowerLevels(100, Level(1), Level(2), Level(3))),
            9 => (EventTypes.Topic, "", $$"""{"topic":"{{names.Count}}"}"""),
            10 => ("org.test.own", actor, $$"""{"n":{{names.Count}}}"""),
            _ => (EventTypes.Message, (string?)null, $$"""{"body":"{{names.Count}}"}"""),
        };
        var name = $"{names.Count}";
        var pdu = dag.Add(name, type, actor, key, content, prev, ts: 10 + (names.Count / 3) + move.Ts);
        if (dag.IsRejected(pdu.EventId))
        {
            dag.Remove(name);
            return;
        }

        names.Add(name);

        int Level(int user) => user == move.Target ? Levels[move.Level] : user == 1 ? 50 : user == 3 ? 100 : 0;
    }

    private static string PowerLevels(int alice, int bob, int carol, int dave) =>
        $$"""{"users":{"{{Users[0]}}":{{alice}},"{{Users[1]}}":{{bob}},"{{Users[2]}}":{{carol}},"{{Users[3]}}":{{dave}}},"events":{"m.room.topic":10} }""";
}
