using MatrixOrleans.Contracts.Delayed;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Gateway.ClientServer.Discovery;

/// <summary>What this user can do here (Client-Server API, "Capabilities negotiation").</summary>
internal static class GetCapabilities
{
    private static readonly object RoomVersionsCapability = new
    {
        Default = RoomVersions.Default.Id,
        Available = RoomVersions.All.ToDictionary(version => version.Id, _ => "stable"),
    };

    public static readonly Endpoint Endpoint = new("getCapabilities", "GET", "/_matrix/client/v3/capabilities", Access.UserOrGuest, request =>
    {
        var full = !request.Session.IsGuest;
        var capabilities = new Dictionary<string, object>
        {
            ["m.room_versions"] = RoomVersionsCapability,
            ["m.change_password"] = new { Enabled = full },
            ["m.set_displayname"] = new { Enabled = true },
            ["m.set_avatar_url"] = new { Enabled = full },

            // Guests "may only modify their display name".
            ["m.profile_fields"] = full ? new { Enabled = true } : new { Enabled = true, Allowed = (string[])["displayname"] },
            ["m.3pid_changes"] = new { Enabled = false },
            ["m.get_login_token"] = new { Enabled = full },
            ["org.matrix.msc4140.delayed_events"] = new { MaxDelayMs = IDelayedEventsGrain.DelayMsMax, MaxScheduled = IDelayedEventsGrain.PerUserMax },
            ["m.forget_forced_upon_leave"] = new { Enabled = false },
            ["io.element.msc4452.preview_url"] = new { Enabled = full && request.Service<MediaOptions>().UrlPreviews },
        };
        if (request.Session.IsAdmin)
        {
            capabilities["m.account_moderation"] = new { Suspend = true, Lock = true };
        }

        return ValueTask.FromResult(Answer.Of(new { Capabilities = capabilities }));
    });
}
