using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Presence;

/// <summary>Whether a user is there (Client-Server API, "Presence"). Only those who share a room may ask.</summary>
internal static class GetPresence
{
    public static readonly Endpoint Endpoint = new("getPresence", "GET", "/_matrix/client/v3/presence/{userId}/status", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = UserId.FromRequest(request.Path("userId"));
        if (!request.Options.Presence)
        {
            return Answer.Of(new { Presence = PresenceState.Offline.Name() });
        }

        var view = await request.Grains.GetGrain<IPresenceGrain>(user.Value).View(request.User);
        return Answer.Of(new
        {
            Presence = view.Presence.Name(),
            StatusMsg = view.StatusMessage,
            LastActiveAgo = view.LastActiveMs is { } active ? Math.Max(0, request.Time.GetUtcNow().ToUnixTimeMilliseconds() - active) : (long?)null,
            CurrentlyActive = view.Presence == PresenceState.Offline ? (bool?)null : view.CurrentlyActive,
        });
    }
}
