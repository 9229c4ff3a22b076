using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Server.Tests.Sync;

public sealed class UnreadRoomTests
{
    [Fact]
    public void Kept_counts_and_later_events_add_up()
    {
        var room = new UnreadRoom();
        Add(room, 1, UnreadRoom.Main);
        Add(room, 2, "$thread", highlight: true);
        var rows = room.Keep(7);
        Assert.Equal([new UnreadRow(7, UnreadRoom.Main, 1, 0, 2), new UnreadRow(7, "$thread", 1, 1, 2)], rows);

        var again = new UnreadRoom();
        again.TakeKept(rows, 2);
        Add(again, 3, UnreadRoom.Main);
        var view = again.View();
        Assert.Equal((2, 0, (1, 1)), (view.Notifications, view.Highlights, view.Threads["$thread"]));
        Assert.Equal(2, again.KeptSeq);
    }

    [Fact]
    public void A_receipt_behind_the_kept_events_clears_its_thread_and_the_next_rows_say_so()
    {
        var room = new UnreadRoom();
        Add(room, 1, UnreadRoom.Main);
        Add(room, 2, "$thread");
        room.Keep(7);
        room.Read("$thread", 2);
        Assert.False(room.IsUncertain);
        var view = room.View();
        Assert.Equal((1, 0), (view.Notifications, view.Threads.Count));
        Add(room, 3, UnreadRoom.Main);
        Assert.Equal([new UnreadRow(7, UnreadRoom.Main, 2, 0, 3), new UnreadRow(7, "$thread", 0, 0, 3)], room.Keep(7));

        room.Read("", 3);
        Assert.Equal((0, 0), (room.View().Notifications, room.View().Threads.Count));
    }

    [Fact]
    public void A_receipt_among_kept_events_makes_the_counts_uncertain()
    {
        var room = new UnreadRoom();
        Add(room, 1, UnreadRoom.Main);
        Add(room, 2, UnreadRoom.Main);
        room.Keep(7);
        room.Read("$other", 1);
        Assert.False(room.IsUncertain);
        room.Read(UnreadRoom.Main, 1);
        Assert.True(room.IsUncertain);
    }

    private static void Add(UnreadRoom room, long seq, string thread, bool highlight = false)
    {
        room.LastSeq = seq;
        room.Add(seq, thread, highlight);
    }
}
