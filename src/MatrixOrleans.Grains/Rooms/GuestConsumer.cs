using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Has guests leave rooms that let none in any more, whoever changed that and whatever happened meanwhile (Client-Server API, "Guest access").</summary>
public sealed class GuestConsumer(Database database, Tail tail, IGrainFactory grains) : ILogConsumer
{
    private static readonly HashSet<string> Types = [EventTypes.GuestAccess];

    public string Name => "guests";

    public ConsumerStart Start => ConsumerStart.Head;

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind> { LogKind.Event };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        var changed = await LogEvents.Of(database, tail, batch.Rows, Types);
        foreach (var room in changed.Select(change => change.Pdu.RoomId).Distinct())
        {
            await grains.GetGrain<IMembershipGrain>(0).RemoveGuests(room);
        }

        return changed.Count == 0 ? ConsumerEffects.None : ConsumerEffects.Outside;
    }
}
