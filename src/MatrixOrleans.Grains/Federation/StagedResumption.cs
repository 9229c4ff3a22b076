using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Federation;

/// <summary>When a silo has started: wakes the rooms in which PDUs wait for others. Doing it twice does no harm.</summary>
public sealed class StagedResumption(Database database, IGrainFactory grains) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int RoomsAtOnce = 100;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(StagedResumption), ServiceLifecycleStage.Active + 1, Resume, _ => Task.CompletedTask);

    private async Task Resume(CancellationToken cancel)
    {
        IReadOnlyList<RoomId> rooms = [];
        do
        {
            rooms = await database.StagedPdus.Rooms(rooms.Count == 0 ? "" : rooms[^1].Value, RoomsAtOnce);
            foreach (var room in rooms)
            {
                await grains.GetGrain<IRoomIntakeGrain>(room.Value).Resume();
            }
        }
        while (rooms.Count == RoomsAtOnce && !cancel.IsCancellationRequested);
    }
}
