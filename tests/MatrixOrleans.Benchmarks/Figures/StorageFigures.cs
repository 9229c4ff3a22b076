using System.Globalization;
using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>How much disk the states of a busy room take.</summary>
internal static class StorageFigures
{
    private const double TimesAim = 3;

    private static readonly string[] StateTables = ["state_nodes", "deltas", "member_changes"];

    private static readonly string[] RoomTables = ["events", "timeline", "log", "memberships", "relations", "redactions"];

    public static async Task Run(Benchmark benchmark, DatabaseChoice choice)
    {
        var joins = benchmark.Options.Quick ? 2000 : 10_000;
        var forks = joins / 20;
        var options = await ScratchDatabase.New(benchmark, choice);
        await using var database = await ScratchDatabase.Open(options);
        var room = await StoredRoom.Create(database, RoomVersions.Default, 5);
        var random = new Random(1);
        List<Figure> figures = [];

        Report.Progress($"{joins} joins");
        for (var i = 0; i < joins; i++)
        {
            var user = SyntheticRoom.Member(i);
            await room.Change(EventTypes.Member, user.Value, user, SyntheticRoom.Join(user.Localpart));
        }

        await room.Settle();
        await Count($"after {joins} joins");
        Report.Progress($"{joins} mixed changes");
        for (var i = 0; i < joins; i++)
        {
            await Mixed(room, random, joins, i);
        }

        await room.Settle();
        await Count($"and {joins} mixed state changes");
        Report.Progress($"{forks} forks");
        for (var i = 0; i < forks; i++)
        {
            var user = SyntheticRoom.Member(random.Next(joins));
            var key = Name("widget", random.Next(200));
            await room.Fork(
                (EventTypes.Member, user.Value, user, SyntheticRoom.Join(Name("Forked", i))),
                ("org.example.widget", key, SyntheticRoom.Creator, $$"""{"url":"https://widgets.example.org/{{i}}"}"""));
        }

        await room.Settle();
        await Count($"and {forks} two-way forks");
        Report.Progress("purge");
        await room.MarkPurge(room.LastSeq - 100);
        await room.Settle();
        var purged = await database.Rooms.Upkeep.PurgeHistory(room.Nid, await database.Rooms.LoadHead(room.Nid), CancellationToken.None);
        var collected = await database.Rooms.Upkeep.CollectState(room.Nid, dryRun: false, CancellationToken.None);
        await Count(Text.Of($"and a purge of all but 100 events ({purged.Bodies} bodies and {collected.Deleted} of {collected.Kept + collected.Unused} nodes gone; against the JSON before it)"));
        var keys = await database.States.Count(room.Nid, room.State);
        figures.Add(new Figure("keys of the current state afterwards", Text.Of($"{keys} of {room.KeyCount}"), "all", keys == room.KeyCount));
        var rest = await TableSizes.Of(options, RoomTables);
        figures.Add(new Figure("events, timeline, log and memberships afterwards", Text.Of($"{rest / 1e6:0.0} MB")));
        benchmark.Report.Table(
            $"State storage on {choice.Name}",
            "A room of real events in separate commits. Counted: state nodes, deltas and members' histories with all their indexes, nothing compacted (PostgreSQL: after a plain VACUUM).",
            figures);

        async Task Count(string name)
        {
            var nodes = await TableSizes.Of(options, "state_nodes");
            var bytes = await TableSizes.Of(options, StateTables);
            var times = (double)bytes / room.EventBytes;
            figures.Add(new Figure(
                "state " + name,
                Text.Of($"{times:0.00} times the event JSON ({bytes / 1e6:0.0} MB, of it nodes {nodes / 1e6:0.0} MB; JSON {room.EventBytes / 1e6:0.0} MB)"),
                Text.Of($"<= {TimesAim:0} times"),
                times <= TimesAim));
        }
    }

    private static async Task Mixed(StoredRoom room, Random random, int members, int i)
    {
        var user = SyntheticRoom.Member(random.Next(members));
        await ((i % 6) switch
        {
            0 => room.Change(EventTypes.Member, user.Value, user, """{"membership":"leave"}"""),
            1 => room.Change(EventTypes.Topic, "", SyntheticRoom.Creator, $$"""{"topic":"Topic number {{i}}"}"""),
            2 => room.Change("org.example.widget", Name("widget", random.Next(200)), SyntheticRoom.Creator, $$"""{"url":"https://widgets.example.org/{{i}}"}"""),
            3 => room.Change(EventTypes.Member, user.Value, SyntheticRoom.Creator, """{"membership":"ban","reason":"spam"}"""),
            _ => room.Change(EventTypes.Member, user.Value, user, SyntheticRoom.Join(Name("Renamed", i))),
        });
    }

    private static string Name(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{name} {number}");
}
