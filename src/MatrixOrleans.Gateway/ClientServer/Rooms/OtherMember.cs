using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>What inviting, kicking, banning and unbanning share: another user, and a reason.</summary>
internal static class OtherMember
{
    private static readonly byte[] RedactEvents = Encoding.UTF8.GetBytes($$"""{"{{MembershipContent.RedactEvents}}":true}""");

    public static async ValueTask<Answer> Handle(ClientRequest request, MembershipAction action) => await Handle(request, action, await request.JsonObject());

    public static async ValueTask<Answer> Handle(ClientRequest request, MembershipAction action, JsonElement body)
    {
        var target = JsonMembers.Text(body, "user_id") ?? throw new MatrixException(MatrixError.MissingParam, "user_id is missing");
        await request.Grains.GetGrain<IMembershipGrain>(0).Change(request.RoomId, new MembershipRequest
        {
            Action = action,
            Sender = request.User,
            Target = UserId.FromRequest(target),
            Reason = JsonMembers.Text(body, "reason"),
            ExtraContent = Redacts(action, body) ? (ReadOnlyMemory<byte>?)RedactEvents : null,
        });
        return Answer.Empty;
    }

    private static bool Redacts(MembershipAction action, JsonElement body) =>
        action is MembershipAction.Ban or MembershipAction.Kick && JsonMembers.Flag(body, MembershipContent.RedactEvents);
}
