using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Users;

/// <summary>Whether a user of this cluster wants invitations (Client-Server API, "Invite permission"; MSC4155).</summary>
internal static class Invitations
{
    /// <exception cref="MatrixException">M_INVITE_BLOCKED</exception>
    public static async ValueTask RefuseBlocked(Database database, UserId invitee, UserId inviter)
    {
        if (await Judge(database, invitee, inviter) == InviteVerdict.Block)
        {
            throw new MatrixException(MatrixError.InviteBlocked, $"{invitee} does not take invitations");
        }
    }

    /// <summary>What is to be done with an invitation; one that is not allowed is not shown either, however it came.</summary>
    public static async ValueTask<InviteVerdict> Judge(Database database, UserId invitee, UserId inviter)
    {
        if (InvitePermission.Blocks(await Content(database, invitee, InvitePermission.AccountDataType)))
        {
            return InviteVerdict.Block;
        }

        return InvitePermission.Judge(await Content(database, invitee, InvitePermission.FilterDataType), inviter);
    }

    private static async ValueTask<JsonElement?> Content(Database database, UserId user, string type) =>
        (await database.AccountData.Get(user, null, type))?.Json is { } json ? JsonElement.Parse(json.Span) : null;
}
