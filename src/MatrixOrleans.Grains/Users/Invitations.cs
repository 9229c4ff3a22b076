using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Users;

/// <summary>What a user has said of invitations (Client-Server API, "Invite permission"; MSC4155).</summary>
internal sealed class Invitations
{
    private readonly bool _blocksAll;
    private readonly JsonElement? _filter;

    private Invitations(bool blocksAll, JsonElement? filter) => (_blocksAll, _filter) = (blocksAll, filter);

    /// <summary>What a user of this cluster says at present.</summary>
    public static async ValueTask<Invitations> Of(Database database, UserId invitee) => new(
        InvitePermission.Blocks(await Content(database, invitee, InvitePermission.AccountDataType)),
        await Content(database, invitee, InvitePermission.FilterDataType));

    /// <exception cref="MatrixException">M_INVITE_BLOCKED</exception>
    public static async ValueTask RefuseBlocked(Database database, UserId invitee, UserId inviter)
    {
        if ((await Of(database, invitee)).Judge(inviter) == InviteVerdict.Block)
        {
            throw new MatrixException(MatrixError.InviteBlocked, $"{invitee} does not take invitations");
        }
    }

    /// <summary>What is to be done with an invitation; one that is not allowed is not shown either, however it came.</summary>
    public InviteVerdict Judge(UserId inviter) => _blocksAll ? InviteVerdict.Block : InvitePermission.Judge(_filter, inviter);

    private static async ValueTask<JsonElement?> Content(Database database, UserId user, string type) =>
        (await database.AccountData.Get(user, null, type))?.Json is { } json ? JsonElement.Parse(json.Span) : null;
}
