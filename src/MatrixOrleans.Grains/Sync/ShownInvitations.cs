using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync;

/// <summary>Which invitations one answer shows: not those of people whom the user ignores or does not let invite him.</summary>
internal sealed class ShownInvitations(Database database, SyncContext sync)
{
    private Invitations? _wishes;

    /// <param name="sender">Whose invitation it is; <c>null</c> when that is not known.</param>
    public async ValueTask<bool> Has(string? sender)
    {
        if (sender is null || !UserId.TryParse(sender, out var inviter))
        {
            return true;
        }

        if (sync.Ignored.Contains(inviter))
        {
            return false;
        }

        _wishes ??= await Invitations.Of(database, sync.User);
        return _wishes.Judge(inviter) == InviteVerdict.Allow;
    }
}
