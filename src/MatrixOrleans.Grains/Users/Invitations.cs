using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Users;

/// <summary>Whether a user of this cluster wants invitations (Client-Server API, "Invite permission").</summary>
internal static class Invitations
{
    /// <exception cref="MatrixException">M_INVITE_BLOCKED</exception>
    public static async ValueTask RefuseBlocked(Database database, UserId invitee)
    {
        var row = await database.AccountData.Get(invitee, null, InvitePermission.AccountDataType);
        if (row?.Json is { } json && InvitePermission.Blocks(JsonElement.Parse(json.Span)))
        {
            throw new MatrixException(MatrixError.InviteBlocked, $"{invitee} does not take invitations");
        }
    }
}
