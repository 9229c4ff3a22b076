using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>A user's whole profile (Client-Server API, "Profiles").</summary>
internal static class GetUserProfile
{
    public static readonly Endpoint Endpoint = new("getUserProfile", "GET", "/_matrix/client/v3/profile/{userId}", Access.Anybody, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request) =>
        new(await request.Grains.GetGrain<IUserGrain>(OwnAccount.Named(request).Value).Profile());
}
