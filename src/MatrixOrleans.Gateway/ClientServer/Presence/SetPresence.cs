using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Presence;

/// <summary>Says whether the user is there (Client-Server API, "Presence").</summary>
internal static class SetPresence
{
    /// <summary>Longest status text, in UTF-16 units.</summary>
    private const int StatusLengthMax = 1024;

    public static readonly Endpoint Endpoint = new("setPresence", "PUT", "/_matrix/client/v3/presence/{userId}/status", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        if (request.Path("userId") != request.User.Value)
        {
            throw new MatrixException(MatrixError.Forbidden, "Cannot set another user's presence");
        }

        var body = await request.JsonObject();
        var name = JsonMembers.Text(body, "presence") ?? throw new MatrixException(MatrixError.MissingParam, "presence is missing");
        var presence = PresenceStates.Parse(name) ?? throw new MatrixException(MatrixError.InvalidParam, "presence is online, unavailable, offline or busy");
        var status = JsonMembers.Text(body, "status_msg");
        if (status?.Length > StatusLengthMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"status_msg is longer than {StatusLengthMax}");
        }

        if (request.Options.Presence)
        {
            await request.Grains.GetGrain<IPresenceGrain>(request.User.Value).Set(request.Session.DeviceId ?? "", presence, status);
        }

        return Answer.Empty;
    }
}
