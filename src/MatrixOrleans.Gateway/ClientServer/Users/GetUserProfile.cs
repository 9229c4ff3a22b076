using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>A user's whole profile (Client-Server API, "Profiles").</summary>
internal static class GetUserProfile
{
    public static readonly Endpoint Endpoint = new("getUserProfile", "GET", "/_matrix/client/v3/profile/{userId}", Access.Optional, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Named(request);
        return new Answer(OwnAccount.IsElsewhere(request, user)
            ? await request.Grains.GetGrain<IRemoteQueriesGrain>(0).Profile(request.Tenant, user, null)
            : await request.Grains.GetGrain<IUserGrain>(user.Value).Profile());
    }
}
