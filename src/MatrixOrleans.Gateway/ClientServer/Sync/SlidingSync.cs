using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Sync;

/// <summary>Sliding sync (MSC4186): in the shape of today's clients, and in the one that was accepted.</summary>
internal static class SlidingSync
{
    public static readonly Endpoint Simplified = new(
        "slidingSyncSimplified", "POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync", Access.User, request => Handle(request, SlidingShape.Simplified));

    public static readonly Endpoint Stable = new("slidingSync", "POST", "/_matrix/client/v4/sync", Access.User, request => Handle(request, SlidingShape.Stable));

    private static async ValueTask<Answer> Handle(ClientRequest request, SlidingShape shape)
    {
        var json = await request.OptionalJsonObject();
        var body = SlidingBody.Read(json, shape, request.User);
        var slice = new SlidingSyncRequest
        {
            DeviceId = request.Session.DeviceId,
            Shape = shape,
            Pos = (shape == SlidingShape.Stable ? body.Pos : request.Query("pos")) is { Length: > 0 } pos ? pos : null,
            Body = JsonMarshal.GetRawUtf8Value(json).ToArray(),
            SetPresence = Presence(request, shape == SlidingShape.Stable ? JsonMembers.Text(json, "set_presence") : request.Query("set_presence")),
        };
        var timeoutMs = shape == SlidingShape.Stable ? TimeoutMs(json) : request.QueryInteger("timeout", 0, SyncWait.TimeoutMsMax);
        var grain = request.Grains.GetGrain<IUserSyncGrain>(request.User.Value);
        return await SyncWait.For(
            request,
            timeoutMs,
            (waitMs, cancel) => grain.SlidingSync(slice with { WaitMs = waitMs }, cancel),
            slice.Pos is { } where ? () => Nothing(where, body) : null);
    }

    /// <summary>What a server answers that goes down: the client goes on from where it was.</summary>
    private static Answer Nothing(string pos, SlidingBody body) => body.TxnId is { } txn
        ? Answer.Of(new { Pos = pos, TxnId = txn, Lists = new { }, Rooms = new { }, Extensions = new { } })
        : Answer.Of(new { Pos = pos, Lists = new { }, Rooms = new { }, Extensions = new { } });

    private static int TimeoutMs(JsonElement body)
    {
        if (!body.TryGetProperty("timeout", out var timeout) || timeout.ValueKind == JsonValueKind.Null)
        {
            return 0;
        }

        if (timeout.ValueKind != JsonValueKind.Number || !timeout.TryGetInt64(out var ms))
        {
            throw new MatrixException(MatrixError.BadJson, "timeout must be an integer");
        }

        return ms < 0 ? throw new MatrixException(MatrixError.InvalidParam, "timeout must be a non-negative integer") : (int)Math.Min(ms, SyncWait.TimeoutMsMax);
    }

    private static PresenceState? Presence(ClientRequest request, string? name)
    {
        var presence = name is null
            ? PresenceState.Online
            : PresenceStates.Parse(name) ?? throw new MatrixException(MatrixError.InvalidParam, "set_presence is 'offline', 'online' or 'unavailable'");
        return request.Options.Presence ? presence : null;
    }
}
