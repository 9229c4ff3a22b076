using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>All push rules of the user, the server's defaults among them (Client-Server API, <c>GET /pushrules/</c>): clients ask before their first sync.</summary>
internal static class GetPushRules
{
    public static readonly Endpoint Endpoint = new("getPushRules", "GET", "/_matrix/client/v3/pushrules/", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request) =>
        new(await request.Grains.GetGrain<IUserGrain>(request.User.Value).AccountData(null, AccountDataTypes.PushRules));
}
