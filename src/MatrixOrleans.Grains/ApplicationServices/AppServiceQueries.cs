using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>Users and aliases that application services make when they are asked for (Application Service API, "Querying").</summary>
internal static class AppServiceQueries
{
    /// <summary>The alias as it stands; one of an application service's namespace that does not exist yet is asked for first.</summary>
    public static async ValueTask<AliasRow?> Alias(RoomAlias alias, Database database, ApplicationServiceList services, IGrainFactory grains)
    {
        if (await database.Aliases.Get(alias) is { } known)
        {
            return known;
        }

        foreach (var service in services.All.Where(service => service.Url is not null && service.IsMine(alias)))
        {
            if (await grains.GetGrain<IAppServiceCallsGrain>(service.Id).HasAlias(alias) && await database.Aliases.Get(alias) is { } made)
            {
                return made;
            }
        }

        return null;
    }

    /// <summary>Asks for a user of an application service's namespace who does not exist yet.</summary>
    public static async ValueTask User(UserId user, Database database, ApplicationServiceList services, IGrainFactory grains)
    {
        var asked = services.All.Where(service => service.Url is not null && service.Sender != user && service.IsMine(user)).ToList();
        if (asked.Count == 0 || await database.Accounts.Get(user) is not null)
        {
            return;
        }

        foreach (var service in asked)
        {
            if (await grains.GetGrain<IAppServiceCallsGrain>(service.Id).HasUser(user))
            {
                return;
            }
        }
    }
}
