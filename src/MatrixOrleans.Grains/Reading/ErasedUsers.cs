using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Reading;

/// <summary>
/// Whose events are served redacted, for the time of one request: users who asked for erasure when they deactivated their account
/// (Client-Server API, <c>POST /account/deactivate</c>). Who was in the room at the event still sees it whole.
/// </summary>
internal sealed class ErasedUsers(Database database)
{
    private readonly Dictionary<UserId, bool> _known = [];

    /// <param name="atEvent">The reader's membership at the event.</param>
    public async ValueTask<bool> Hides(UserId sender, Membership? atEvent)
    {
        if (atEvent == Membership.Join)
        {
            return false;
        }

        return _known.TryGetValue(sender, out var erased)
            ? erased
            : _known[sender] = (await database.Accounts.Get(sender))?.Erased ?? false;
    }
}
