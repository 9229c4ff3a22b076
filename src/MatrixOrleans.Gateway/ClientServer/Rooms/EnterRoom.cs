using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>What joining and knocking share: a room by id or alias, servers to go through, a reason.</summary>
internal static class EnterRoom
{
    /// <summary>Most servers that a request names.</summary>
    private const int ViaMax = 50;

    public static async ValueTask<Answer> Handle(ClientRequest request, MembershipAction action, string idOrAlias, bool aliasAllowed)
    {
        var body = await request.OptionalJsonObject();
        if (JsonMembers.Object(body, "third_party_signed") is not null)
        {
            throw new MatrixException(MatrixError.Forbidden, "The room has no such invitation by third-party identifier");
        }

        var byAlias = aliasAllowed && idOrAlias.StartsWith('#');
        var room = await request.Grains.GetGrain<IMembershipGrain>(0).Enter(new EnterRequest
        {
            Action = action,
            User = request.User,
            Room = byAlias ? null : RoomId.FromRequest(idOrAlias),
            Alias = byAlias ? RoomAlias.FromRequest(idOrAlias) : null,
            Via = Via(request),
            Reason = JsonMembers.Text(body, "reason"),
            IsGuest = request.Session.IsGuest,
        });
        return Answer.Of(new { RoomId = room.Value });
    }

    /// <summary><c>server_name</c> is the name before v1.12.</summary>
    private static IReadOnlyList<ServerName> Via(ClientRequest request)
    {
        var named = request.QueryAll("via");
        return [.. (named.Count > 0 ? named : request.QueryAll("server_name")).Take(ViaMax).Where(text => ServerName.IsValid(text)).Select(ServerName.Parse).Distinct()];
    }
}
