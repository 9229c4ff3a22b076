using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// The unread counts of one user (DESIGN 4.4, 5.4): an event counts when the user's push rules notify of it and no receipt of the user, public or
/// private, and no event of the user's own lies at or behind it in its thread. Evaluated when a sync asks, from the tail where it reaches.
/// </summary>
internal sealed class UnreadCounts(UserId user, Database database, Tail tail, RoomWindows windows)
{
    /// <summary>Events that are read back, at the most, when counts of a room are made anew.</summary>
    private const int ScanMax = 20_000;

    private const int PageSize = 1_000;

    /// <summary>Events of a room after which its counts are kept anew.</summary>
    private const int KeepEvery = 1_000;

    private readonly Dictionary<long, UnreadRoom> _rooms = [];

    /// <summary>The user's rules; a change counts for events from then on.</summary>
    public PushRuleSet Rules { get; set; } = PushRuleSet.Default;

    public IReadOnlySet<UserId> Ignored { get; set; } = new HashSet<UserId>();

    /// <summary>Threads that the user follows, and those that he stopped to follow; empty for who never did. A change counts for events from then on.</summary>
    public Dictionary<(long RoomNid, string Root), bool> Threads { get; } = [];

    /// <summary>The counts of a joined room at a position of the log.</summary>
    public async ValueTask<UnreadView> At(UserRoom room, long position)
    {
        if (!_rooms.TryGetValue(room.RoomNid, out var unread) || unread.JoinedPosition != room.Position)
        {
            _rooms[room.RoomNid] = unread = await Load(room, position);
        }

        if (unread.Position < position)
        {
            await Advance(room, unread, position);
        }

        if (unread.LastSeq - unread.KeptSeq >= KeepEvery)
        {
            await database.Unread.Set(user, unread.Keep(room.RoomNid));
        }

        return unread.View();
    }

    /// <summary>Takes a receipt of the user's own.</summary>
    public void Read(ReceiptSet receipt)
    {
        if (receipt is { Type: "m.read" or "m.read.private", RoomSeq: { } seq } && _rooms.TryGetValue(receipt.RoomNid, out var room))
        {
            room.Read(receipt.Thread, seq);
            if (room.IsUncertain)
            {
                _rooms.Remove(receipt.RoomNid);
            }
        }
    }

    public void Forget(long roomNid) => _rooms.Remove(roomNid);

    public void ForgetAll() => _rooms.Clear();

    private async Task<UnreadRoom> Load(UserRoom room, long position)
    {
        var unread = new UnreadRoom { JoinedPosition = room.Position, Position = position };
        unread.Read("", room.RoomSeq ?? 0);
        var receipts = await database.Receipts.OfUser(room.RoomNid, user);
        foreach (var receipt in receipts)
        {
            if (receipt.Type is "m.read" or "m.read.private")
            {
                unread.Read(receipt.Thread, receipt.RoomSeq);
            }
        }

        unread.DisplayName = (await windows.StateEvent(room.RoomNid, room.RoomVersion, room.StateRoot, StateKey.Member(user)))?.ContentString("displayname");
        var upto = await database.Rooms.SeqAt(room.RoomNid, position);
        await TakeKept(room.RoomNid, unread, receipts, upto);
        await Scan(room, unread, Math.Max(Math.Max(unread.UnthreadedSeq, unread.KeptSeq), upto - ScanMax), upto);
        return unread;
    }

    /// <summary>Starts from the counts in the database, unless the user has read something since they were made.</summary>
    private async Task TakeKept(long roomNid, UnreadRoom unread, IReadOnlyList<ReceiptRow> receipts, long upto)
    {
        var rows = await database.Unread.OfRoom(user, roomNid);
        var cursor = rows.Count == 0 ? 0 : rows.Max(row => row.CursorSeq);
        if (cursor <= unread.UnthreadedSeq || cursor > upto)
        {
            return;
        }

        var newest = await database.Rooms.Timeline(roomNid, cursor - 1, backwards: false, 1, cursor);
        if (newest is [var last] && receipts.All(receipt => receipt.Position <= last.Position))
        {
            unread.TakeKept(rows.Where(row => row.CursorSeq == cursor), cursor);
        }
    }

    private async Task Advance(UserRoom room, UnreadRoom unread, long position)
    {
        if (unread.Position >= tail.Start)
        {
            foreach (var (_, entry) in tail.RoomEntries(room.RoomNid, unread.Position, position))
            {
                if (entry.Event is { RoomSeq: not null } shown)
                {
                    Count(room.RoomNid, unread, windows.PushEvents.Of(shown.Pdu, shown.Facts), shown.RoomSeq.Value, shown.ThreadRoot);
                }
            }
        }
        else
        {
            await Scan(room, unread, unread.LastSeq, await database.Rooms.SeqAt(room.RoomNid, position));
        }

        unread.Position = position;
    }

    private async Task Scan(UserRoom room, UnreadRoom unread, long after, long upto)
    {
        for (var from = after; from < upto;)
        {
            var page = await database.Rooms.Timeline(room.RoomNid, from, backwards: false, PageSize, upto);
            foreach (var stored in page)
            {
                Count(room.RoomNid, unread, RecentPushEvents.Make(windows.Parse(room, stored), stored.Facts), stored.RoomSeq!.Value, stored.ThreadRoot);
            }

            if (page.Count == 0)
            {
                break;
            }

            from = page[^1].RoomSeq!.Value;
        }

        unread.LastSeq = Math.Max(unread.LastSeq, upto);
    }

    private void Count(long roomNid, UnreadRoom unread, PushEvent subject, long seq, string? threadRoot)
    {
        var sender = subject.Pdu.Sender;
        unread.LastSeq = Math.Max(unread.LastSeq, seq);
        var thread = threadRoot ?? UnreadRoom.Main;
        if (sender == user)
        {
            unread.Read(thread, seq);
            return;
        }

        if (Ignored.Contains(sender))
        {
            return;
        }

        PushResult result;
        lock (subject)
        {
            result = Rules.Evaluate(subject, user, unread.DisplayName, threadRoot is null || Threads.Count == 0 ? null : Threads.GetValueOrDefault((roomNid, threadRoot)));
        }

        if (result.Notify)
        {
            unread.Add(seq, thread, result.Highlight);
        }
    }
}
