using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Grains.Upkeep;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Presence;

/// <summary>Wakes the presence of those who were there when a process ended, so that they are told to be offline unless they come back.</summary>
public sealed class PresenceResumption(Database database, IGrainFactory grains) : Resumption<UserId>
{
    protected override Task<IReadOnlyList<UserId>> Page(string after, int limit) => database.Presence.Present(after, limit);

    protected override string Key(UserId one) => one.Value;

    protected override async Task Wake(UserId one) => await grains.GetGrain<IPresenceGrain>(one.Value).View(one);
}
