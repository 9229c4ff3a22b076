using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Push;

namespace MatrixOrleans.Grains.Push;

/// <summary>
/// Finds out, as events happen, which pushers have to tell of them (DESIGN 4.4, 5.4), and notes it; the telling is <see cref="PusherGrain"/>'s. The work
/// for an event grows with the members who have pushers and with their different rules, not with the members.
/// </summary>
/// <remarks>
/// <code>
///   events ─> members with pushers ─> their rules ─> rows of the queue ─┐
///   receipts, own events ──────────> the unread count may have changed ─┴─> pushers are woken
/// </code>
/// </remarks>
public sealed class PushConsumer(Database database, Tail tail, RoomWindows windows, IGrainFactory grains) : ILogConsumer
{
    private readonly PushRecipients _recipients = new(database);
    private readonly LoggedEvents _events = new(database, tail, windows);

    public string Name => "push";

    public ConsumerStart Start => ConsumerStart.Head;

    /// <summary>All rows of rooms, so that none that changes a membership goes by unseen.</summary>
    public IReadOnlySet<LogKind> Kinds { get; } =
        new HashSet<LogKind> { LogKind.Event, LogKind.StateChange, LogKind.Gap, LogKind.GapFilled, LogKind.Purge, LogKind.Receipt };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        if (!await _recipients.Refresh())
        {
            return ConsumerEffects.None;
        }

        var candidates = new List<Candidate>();
        var read = new Dictionary<UserId, long>();
        foreach (var room in batch.Rows.GroupBy(row => row.RoomNid!.Value))
        {
            await Candidates(room.Key, [.. room], candidates, read);
        }

        var notified = await Judge(candidates);
        return await Effects(notified, read);
    }

    /// <summary>Events that somebody with a pusher may see, and users whose unread count may have changed.</summary>
    private async ValueTask Candidates(long roomNid, IReadOnlyList<LogRow> rows, List<Candidate> candidates, Dictionary<UserId, long> read)
    {
        var events = await _events.Of(roomNid, rows);
        foreach (var row in rows)
        {
            if (row.Kind == LogKind.Receipt)
            {
                read[UserId.Parse(row.UserId!)] = row.Position;
                continue;
            }

            var shown = row.EventNid is { } nid ? events.GetValueOrDefault(nid) : null;
            var members = await _recipients.Of(row, isChange: row.Kind == LogKind.StateChange || shown is null || shown.Pdu.Type == EventTypes.Member);
            if (shown is null || shown.IsRedacted)
            {
                continue;
            }

            var told = new List<PushMember>();
            foreach (var member in members)
            {
                if (member.UserId == shown.Pdu.Sender)
                {
                    read[member.UserId] = row.Position;
                }
                else if (member.Position < row.Position || await WasJoined(member.UserId, roomNid, row.Position))
                {
                    told.Add(member);
                }
            }

            if (Invited(shown.Pdu) is { } invited)
            {
                told.Add(new PushMember(invited, null, row.Position));
            }

            if (told.Count > 0)
            {
                candidates.Add(new Candidate(row, Subject(shown), told));
            }
        }
    }

    /// <summary>Of members whose membership changed after the event: whether they were joined when it came.</summary>
    private async ValueTask<bool> WasJoined(UserId user, long roomNid, long position) =>
        (await database.Memberships.History(user, roomNid)).LastOrDefault(change => change.Position < position)?.New == Membership.Join;

    /// <summary>Those who sync at about the same time evaluate the same event.</summary>
    private PushEvent Subject(LoggedEvent shown) =>
        shown.IsRecent ? windows.PushEvents.Of(shown.Pdu, shown.Facts) : RecentPushEvents.Make(shown.Pdu, shown.Facts);

    /// <summary>An invite is for somebody who is no member yet.</summary>
    private static UserId? Invited(Pdu pdu) =>
        pdu.Type == EventTypes.Member && MembershipText.Of(pdu) == Membership.Invite && UserId.TryParse(pdu.StateKey, out var user) ? user : null;

    private async ValueTask<List<(UserId User, long Position, long RoomNid, long EventNid, string Actions)>> Judge(List<Candidate> candidates)
    {
        var notified = new List<(UserId, long, long, long, string)>();
        var wishes = await _recipients.WishesOf([.. candidates.SelectMany(candidate => candidate.Told).Select(member => member.UserId).Distinct()]);
        foreach (var (row, subject, told) in candidates)
        {
            lock (subject)
            {
                var evaluations = new PushEvaluations(subject);
                foreach (var member in told)
                {
                    var (rules, ignored) = (wishes[member.UserId].Rules, wishes[member.UserId].Ignored);
                    var result = ignored.Contains(subject.Pdu.Sender) ? PushResult.None : evaluations.Of(rules, member.UserId, member.DisplayName);
                    if (result.Notify)
                    {
                        notified.Add((member.UserId, row.Position, row.RoomNid!.Value, row.EventNid!.Value, result.Actions.Json));
                    }
                }
            }
        }

        return notified;
    }

    private async ValueTask<ConsumerEffects> Effects(
        List<(UserId User, long Position, long RoomNid, long EventNid, string Actions)> notified, Dictionary<UserId, long> read)
    {
        if (notified.Count == 0 && read.Count == 0)
        {
            return ConsumerEffects.None;
        }

        var pushers = (await database.Pushers.EnabledOf([.. notified.Select(item => item.User).Concat(read.Keys).Distinct()])).ToLookup(pusher => pusher.UserId);
        var rows = new List<PushRow>();
        foreach (var (user, position, roomNid, eventNid, actions) in notified)
        {
            rows.AddRange(pushers[user].Select(pusher => new PushRow(pusher.Id, position, roomNid, eventNid, actions)));
        }

        foreach (var (user, position) in read)
        {
            rows.AddRange(pushers[user].Select(pusher => new PushRow(pusher.Id, position, 0, 0, "[]")));
        }

        return rows.Count == 0
            ? ConsumerEffects.None
            : ConsumerEffects.Of(
                async (session, _) => await PusherStore.Queue(session, rows),
                () =>
                {
                    foreach (var id in rows.Select(row => row.PusherId).Distinct())
                    {
                        grains.GetGrain<IPusherGrain>(id).Wake().Ignore();
                    }
                });
    }

    private sealed record Candidate(LogRow Row, PushEvent Subject, IReadOnlyList<PushMember> Told);
}
