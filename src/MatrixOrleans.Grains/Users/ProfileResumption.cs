using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Upkeep;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Users;

/// <summary>Wakes the users whose new profiles have not come into all their rooms.</summary>
public sealed class ProfileResumption(Database database, IGrainFactory grains) : Resumption<UserId>
{
    protected override Task<IReadOnlyList<UserId>> Page(string after, int limit) => database.ProfilePropagations.Users(after, limit);

    protected override string Key(UserId one) => one.Value;

    protected override Task Wake(UserId one) => grains.GetGrain<IUserGrain>(one.Value).ResumePropagation();
}
