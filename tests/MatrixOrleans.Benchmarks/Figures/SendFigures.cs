using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>Acknowledged sends a second, what one costs, its latency, and whether what was acknowledged is still there after a crash.</summary>
internal static class SendFigures
{
    private const double PerSecondAim = 4000;
    private const double OfBaselineAim = 0.6;
    private const double HotOfManyAim = 0.5;
    private const double ServerMicrosecondsAim = 300;
    private const double DatabaseMicrosecondsAim = 120;
    private const double MegabytesAim = 600;

    public static async Task Run(Benchmark benchmark, DatabaseChoice database)
    {
        var options = benchmark.Options;
        await using var server = await benchmark.NewServer(database);
        using var setup = new Setup(server);
        var roomCount = options.Quick ? 20 : 100;
        Report.Progress("making rooms");
        var community = await Community.Create(setup, roomCount);
        var numbers = new MessageNumbers();
        var acknowledged = new List<UInt128>();
        List<Figure> figures = [];

        var syncing = await LiveSync.Start(server, community.Live, new LiveSyncOptions(10, TimeSpan.FromMilliseconds(options.SyncPauseMs), Records: false));
        var senders = community.Senders(server, numbers);
        Report.Progress($"sending into {roomCount} rooms");
        var answersBefore = syncing.Sum(s => s.Answers);
        var many = await ClosedLoop.Run(server, senders, community.Rooms, options.WarmUp, options.Measured);
        var syncsMany = (syncing.Sum(s => s.Answers) - answersBefore) / (options.WarmUp + options.Measured).TotalSeconds;
        Report.Progress("sending into one room");
        answersBefore = syncing.Sum(s => s.Answers);
        var one = await ClosedLoop.Run(server, senders, [community.HotRoom], options.WarmUp, options.Measured);
        var syncsOne = (syncing.Sum(s => s.Answers) - answersBefore) / (options.WarmUp + options.Measured).TotalSeconds;
        var residentMegabytes = ProcessUsage.ResidentMegabytes(server.Id);

        figures.Add(PerSecond($"sends/s, 64 senders, {roomCount} rooms", many, PerSecondAim));
        figures.Add(PerSecond("sends/s, 64 senders, 1 room", one, Math.Max(PerSecondAim, many.PerSecond * HotOfManyAim)));
        figures.AddRange(Costs($"{roomCount} rooms", many, syncsMany, database));
        figures.AddRange(Costs("1 room", one, syncsOne, database));

        figures.AddRange(await Latency(benchmark, server, community, numbers, acknowledged, many.PerSecond / 2));
        await LiveSync.End(syncing);

        Report.Progress("kill -9 in the midst of sending, and reading back");
        await ClosedLoop.RunUntilKilled(server, senders, [.. community.Rooms, community.HotRoom], TimeSpan.FromSeconds(3));
        acknowledged.AddRange(senders.SelectMany(s => s.Acknowledged));
        await server.StartAgain(options.BaselineServer);
        figures.Add(new Figure("start after the crash, with all this data", Text.Of($"{server.StartedIn.TotalSeconds:0.00} s")));
        var readBack = await ReadBack.Compare(setup, community.Members[0], [.. community.Rooms, community.HotRoom], acknowledged);
        figures.Add(new Figure(
            "acknowledged, then lost or doubled by kill -9",
            Text.Of($"{readBack.Acknowledged} acknowledged, {readBack.Lost} lost, {readBack.Doubled} doubled"),
            "0",
            readBack is { Lost: 0, Doubled: 0, Acknowledged: > 0 }));

        if (options.BaselineServer is not null)
        {
            Report.Progress("the baseline");
            figures.AddRange(await Baseline(benchmark, server, community, numbers, many, one));
        }

        figures.Add(new Figure("resident memory after the load", Text.Of($"{residentMegabytes:0} MB"), Text.Of($"<= {MegabytesAim:0} MB"), residentMegabytes <= MegabytesAim));
        foreach (var sender in senders)
        {
            sender.Dispose();
        }

        benchmark.Report.Table($"Sends on {database.Name}", Describe(benchmark, roomCount), figures);
    }

    private static string Describe(Benchmark benchmark, int roomCount) => Text.Of(
        $"64 closed-loop senders (distinct users, one connection each), {roomCount} rooms of {Community.MemberCount} members and more and one of {Community.MemberCount + Community.LiveCount}, power levels with moderators, events of {EventSize.EventBytes} bytes, {Community.LiveCount} live syncs (each in 2 of the rooms and in the hot one, asking again {benchmark.Options.SyncPauseMs} ms after an answer), {benchmark.Options.Measured.TotalSeconds} s after {benchmark.Options.WarmUp.TotalSeconds} s of warm-up, rate limiter on with raised limits, durable commits.");

    private static Figure PerSecond(string name, LoadResult result, double aim) => new(
        name,
        Text.Of($"**{result.PerSecond:0}**/s ({Text.Of(result.Latencies)}){(result.Refused > 0 ? $", {result.Refused} refused" : "")}"),
        Text.Of($">= {aim:0}/s"),
        result.PerSecond >= aim && result.Refused == 0);

    private static IEnumerable<Figure> Costs(string name, LoadResult result, double syncsPerSecond, DatabaseChoice database)
    {
        var use = result.Use;
        var server = use.ServerMicroseconds(result.Latencies.Count);
        if (database.ProcessId is null)
        {
            const double both = ServerMicrosecondsAim + DatabaseMicrosecondsAim;
            yield return new Figure($"CPU a send, server with its database, {name}", Text.Of($"{server:0} µs"), Text.Of($"<= {both:0} µs"), server <= both);
        }
        else
        {
            var inDatabase = use.DatabaseMicroseconds(result.Latencies.Count);
            yield return new Figure($"CPU a send, server, {name}", Text.Of($"{server:0} µs"), Text.Of($"<= {ServerMicrosecondsAim:0} µs"), server <= ServerMicrosecondsAim);
            yield return new Figure($"CPU a send, database, {name}", Text.Of($"{inDatabase:0} µs"), Text.Of($"<= {DatabaseMicrosecondsAim:0} µs"), inDatabase <= DatabaseMicrosecondsAim);
        }

        yield return new Figure($"processors in use, {name}", Text.Of($"{Text.Of(use)} ({use.GeneratorMicroseconds(result.Latencies.Count):0} µs a send); {syncsPerSecond:0} syncs/s answered beside it"));
    }

    private static async Task<List<Figure>> Latency(
        Benchmark benchmark, HomeserverProcess server, Community community, MessageNumbers numbers, List<UInt128> acknowledged, double perSecond)
    {
        Report.Progress(Text.Of($"latency at {perSecond:0} sends/s"));
        List<Figure> figures = [];
        var all = community.Senders(server, numbers, Community.MemberCount);
        var half = await OpenLoop.Run(server, all, community.Rooms, perSecond, benchmark.Options.WarmUp / 2, benchmark.Options.MeasuredShort);
        figures.Add(new Figure(
            Text.Of($"latency of a send, open loop at {perSecond:0}/s"),
            Text.Of(half.Latencies) + (half.Refused > 0 ? Text.Of($", {half.Refused} refused") : ""),
            "p50 < 10 ms, p99 < 100 ms",
            half.Latencies.P50 < 10 && half.Latencies.P99 < 100 && half.Refused == 0));
        var alone = await ClosedLoop.Run(server, all[..1], community.Rooms, TimeSpan.FromSeconds(1), benchmark.Options.MeasuredShort / 2);
        figures.Add(new Figure("latency of a send, one sender alone", Text.Of(alone.Latencies)));
        foreach (var sender in all)
        {
            acknowledged.AddRange(sender.Acknowledged);
            sender.Dispose();
        }

        return figures;
    }

    private static async Task<List<Figure>> Baseline(
        Benchmark benchmark, HomeserverProcess server, Community community, MessageNumbers numbers, LoadResult many, LoadResult one)
    {
        var syncing = await LiveSync.Start(
            server, community.Live, new LiveSyncOptions(10, TimeSpan.FromMilliseconds(benchmark.Options.SyncPauseMs), Records: false));
        var senders = community.Senders(server, numbers);
        var manyStubbed = await ClosedLoop.Run(server, senders, community.Rooms, benchmark.Options.WarmUp, benchmark.Options.MeasuredShort);
        var oneStubbed = await ClosedLoop.Run(server, senders, [community.HotRoom], benchmark.Options.WarmUp / 2, benchmark.Options.MeasuredShort);
        await LiveSync.End(syncing);
        foreach (var sender in senders)
        {
            sender.Dispose();
        }

        return [Ratio("many rooms", many, manyStubbed), Ratio("1 room", one, oneStubbed)];

        static Figure Ratio(string name, LoadResult real, LoadResult stubbed) => new(
            $"part of the baseline (same load and commit, authorization stubbed), {name}",
            Text.Of($"{real.PerSecond / stubbed.PerSecond * 100:0} % of {stubbed.PerSecond:0}/s ({stubbed.Use.ServerMicroseconds(stubbed.Latencies.Count):0} µs of server CPU)"),
            Text.Of($">= {OfBaselineAim * 100:0} %"),
            real.PerSecond >= OfBaselineAim * stubbed.PerSecond);
    }
}
