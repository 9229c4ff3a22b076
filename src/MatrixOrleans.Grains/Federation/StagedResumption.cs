using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Grains.Upkeep;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Wakes the rooms in which PDUs wait for others.</summary>
public sealed class StagedResumption(Database database, IGrainFactory grains) : Resumption<RoomId>
{
    protected override Task<IReadOnlyList<RoomId>> Page(string after, int limit) => database.StagedPdus.Rooms(after, limit);

    protected override string Key(RoomId one) => one.Value;

    protected override async Task Wake(RoomId one) => await grains.GetGrain<IRoomIntakeGrain>(one.Value).Resume();
}
