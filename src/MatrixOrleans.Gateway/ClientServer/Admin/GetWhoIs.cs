using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>From where a user's devices were last seen; for the user, and for administrators.</summary>
internal static class GetWhoIs
{
    public static readonly Endpoint Endpoint = new("getWhoIs", "GET", "/_matrix/client/v3/admin/whois/{userId}", Access.UserOrGuest, Handle)
    {
        AlsoPaths = ["/_synapse/admin/v1/whois/{userId}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = UserId.FromRequest(request.Path("userId"));
        if (user != request.User)
        {
            if (!request.Session.IsAdmin)
            {
                throw new MatrixException(MatrixError.Forbidden, "Only server administrators may look at others");
            }

            if (user.ServerName != request.Tenant)
            {
                throw new MatrixException(MatrixError.InvalidParam, "The user does not belong to this homeserver");
            }
        }

        var account = request.Grains.GetGrain<IAccountGrain>(user.Value);
        if (await account.Find() is null)
        {
            throw new MatrixException(MatrixError.NotFound, "No such user");
        }

        var devices = await account.Devices();
        return Answer.Of(new { UserId = user.Value, Devices = devices.ToDictionary(device => device.DeviceId, Sessions) });
    }

    private static object Sessions(DeviceInfo device) => new
    {
        Sessions = (object[])
        [
            new
            {
                Connections = device.LastSeenMs is null
                    ? (object[])[]
                    : [new { Ip = device.LastSeenIp, LastSeen = device.LastSeenMs, UserAgent = device.LastSeenAgent }],
            },
        ],
    };
}
