using System.Text.Json;
using BitFaster.Caching.Lru;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>Whether other servers' users are there (<c>m.presence</c>). Only those count who are in a room that is here;
/// what comes while one of ours is still on the way into their room waits for that.</summary>
public sealed class PresenceReceiver(Database database, IGrainFactory grains, TimeProvider time)
{
    /// <summary>Users of one message; further ones are left out.</summary>
    private const int UsersMax = 100;

    /// <summary>Longest status text that is kept.</summary>
    private const int StatusLengthMax = 2048;

    /// <summary>Users whose presence came before they were known; the oldest go first.</summary>
    private const int EarlyMax = 1_000;

    private const int EarlyKeptMs = 60_000;

    private readonly ConcurrentLru<UserId, (PresenceView View, long CameMs)> _early = new(EarlyMax);

    public async Task Receive(ServerName origin, JsonElement content)
    {
        if (!content.TryGetProperty("push"u8, out var push) || push.ValueKind != JsonValueKind.Array)
        {
            throw EduReceiver.Bad("m.presence needs push");
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var said in push.EnumerateArray().Take(UsersMax).Where(said => said.ValueKind == JsonValueKind.Object))
        {
            // One that is no good spoils nothing of the others.
            if (Read(said, now) is { } view && view.User.ServerName == origin && !await Told(view))
            {
                _early.AddOrUpdate(view.User, (view, now));
            }
        }
    }

    /// <summary>One of ours came into a room: who is in it is known now.</summary>
    public async Task Joined()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (user, (view, came)) in _early.ToArray())
        {
            if (now - came > EarlyKeptMs || await Told(view))
            {
                _early.TryRemove(user);
            }
        }
    }

    private async Task<bool> Told(PresenceView view)
    {
        if ((await database.Memberships.JoinedRooms(view.User)).Count == 0)
        {
            return false;
        }

        await grains.GetGrain<IPresenceGrain>(view.User.Value).Told(view);
        return true;
    }

    private static PresenceView? Read(JsonElement said, long now)
    {
        if (!UserId.TryParse(EduReceiver.Text(said, "user_id"), out var user) || PresenceStates.Parse(EduReceiver.Text(said, "presence")) is not { } presence)
        {
            return null;
        }

        long? active = said.TryGetProperty("last_active_ago"u8, out var ago) && ago.ValueKind == JsonValueKind.Number && ago.TryGetInt64(out var ms) && ms >= 0
            ? Math.Max(0, now - Math.Min(ms, now))
            : null;
        var status = EduReceiver.Text(said, "status_msg") is { Length: > 0 and <= StatusLengthMax } text ? text : null;
        return new PresenceView(user, presence, status, active, said.TryGetProperty("currently_active"u8, out var currently) && currently.ValueKind == JsonValueKind.True);
    }
}
