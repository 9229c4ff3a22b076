using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary><c>inviteUser</c>, and <c>inviteBy3PID</c> under the same path, whose bodies name an identity server.</summary>
internal static class InviteUser
{
    public static readonly Endpoint Endpoint = new("inviteUser", "POST", "/_matrix/client/v3/rooms/{roomId}/invite", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        if (!body.TryGetProperty("user_id", out _) && (body.TryGetProperty("id_server", out _) || body.TryGetProperty("address", out _)))
        {
            throw new MatrixException(MatrixError.ServerNotTrusted, "This server invites nobody through identity servers");
        }

        return await OtherMember.Handle(request, MembershipAction.Invite, body);
    }
}
