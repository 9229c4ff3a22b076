using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>A member event that a client puts as state: what it asks for is a membership operation, with the same checks.</summary>
internal static class MemberState
{
    public static async ValueTask<Answer> Handle(ClientRequest request, RoomId room, string stateKey, JsonElement content)
    {
        var target = UserId.FromRequest(stateKey);
        var membership = JsonMembers.Text(content, "membership") ?? throw new MatrixException(MatrixError.BadJson, "membership is missing");
        var action = Action(membership, target == request.User);
        if (request.Session.IsSuspended && action != MembershipAction.Leave)
        {
            throw new MatrixException(MatrixError.UserSuspended, "This account has been suspended");
        }

        if (action == MembershipAction.Kick)
        {
            // Whether this ends a membership, an invitation, a knock or a ban is the room's to know.
            var left = await request.Grains.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest
            {
                Sender = request.User,
                Type = EventTypes.Member,
                StateKey = stateKey,
                Content = JsonMarshal.GetRawUtf8Value(content).ToArray(),
            });
            return Answer.Of(new { EventId = left.EventId.Value });
        }

        var answer = await request.Grains.GetGrain<IMembershipGrain>(0).Change(room, new MembershipRequest
        {
            Action = action,
            Sender = request.User,
            Target = target,
            Reason = JsonMembers.Text(content, "reason"),
            DisplayName = JsonMembers.Text(content, "displayname"),
            AvatarUrl = JsonMembers.Text(content, "avatar_url"),
            ExtraContent = JsonMarshal.GetRawUtf8Value(content).ToArray(),
            IsGuest = request.Session.IsGuest,
        });
        return Answer.Of(new { EventId = answer.EventId.Value });
    }

    private static MembershipAction Action(string membership, bool own) => (membership, own) switch
    {
        ("join", true) => MembershipAction.Join,
        ("join", false) => throw new MatrixException(MatrixError.Forbidden, "Nobody can be joined by another user"),
        ("knock", true) => MembershipAction.Knock,
        ("knock", false) => throw new MatrixException(MatrixError.Forbidden, "Nobody can knock for another user"),
        ("invite", _) => MembershipAction.Invite,
        ("ban", _) => MembershipAction.Ban,
        ("leave", true) => MembershipAction.Leave,
        ("leave", false) => MembershipAction.Kick,
        _ => throw new MatrixException(MatrixError.BadJson, "membership must be join, knock, invite, leave or ban"),
    };
}
