using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Server.Tests.Rooms;

/// <summary>Whoever was shown an event by a sync finds it when reading the room next, however late the sender's own grain learns of the commit.</summary>
public sealed class ReadAfterSyncTests
{
    private static readonly UserId Alice = RoomServer.User("alice");

    [Fact]
    public async Task A_room_answers_at_an_events_version_as_soon_as_syncs_may_show_it()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(Alice);

        // Stands behind the tail: syncs have heard, and the room's grain, which waits for the commit, has not gone on.
        var reader = new ReaderInTheCommit(server.Grains.GetGrain<IRoomGrain>(room.Value));
        server.Database.Writer.Subscribe(reader);
        for (var i = 0; i < 20; i++)
        {
            await server.Say(room, Alice, $"event {i}");
        }

        Assert.Equal(20, reader.Seen.Count);
        Assert.All(reader.Seen, seen => Assert.True(seen.Answered >= seen.Committed, $"version {seen.Committed} was committed and told, the room answered at {seen.Answered}"));
    }

    private sealed class ReaderInTheCommit(IRoomGrain room) : ICommitObserver
    {
        public List<(long Committed, long Answered)> Seen { get; } = [];

        public void Committed(CommittedBatch batch)
        {
            foreach (var (unit, _) in batch.Units)
            {
                if (unit.Room is { } append)
                {
                    var answered = Task.Run(async () => (await room.Committed())!.Version).WaitAsync(TimeSpan.FromSeconds(20)).GetAwaiter().GetResult();
                    Seen.Add((append.FirstVersion + append.Entries.Count - 1, answered));
                }
            }
        }
    }
}
