using System.Text;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Sync;

/// <summary>What is new since the client's token, as <c>/sync</c> v3 tells it (Client-Server API, "Syncing").</summary>
internal static class Sync
{
    public static readonly Endpoint Endpoint = new("sync", "GET", "/_matrix/client/v3/sync", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var timeoutMs = request.QueryInteger("timeout", 0, SyncWait.TimeoutMsMax);
        var unstableName = request.QueryFlag("org.matrix.msc4222.use_state_after");
        var slice = new SyncRequest
        {
            DeviceId = request.Session.DeviceId,
            Since = request.Query("since") is { Length: > 0 } since ? since : null,
            Filter = await Filter(request),
            FullState = request.QueryFlag("full_state"),
            UseStateAfter = request.QueryFlag("use_state_after") || unstableName,
            UnstableStateAfterName = unstableName && !request.QueryFlag("use_state_after"),
            IsGuest = request.Session.IsGuest,
            SetPresence = request.Options.Presence ? Presence(request) : null,
        };
        var grain = request.Grains.GetGrain<IUserSyncGrain>(request.User.Value);
        return await SyncWait.For(
            request,
            timeoutMs,
            (waitMs, cancel) => grain.Sync(slice with { WaitMs = waitMs }, cancel),
            slice.Since is { } where ? () => Answer.Of(new { NextBatch = where }) : null);
    }

    private static PresenceState Presence(ClientRequest request) => request.Query("set_presence") is { } name
        ? PresenceStates.Parse(name) ?? throw new MatrixException(MatrixError.InvalidParam, "set_presence is online, unavailable or offline")
        : PresenceState.Online;

    private static async ValueTask<string?> Filter(ClientRequest request)
    {
        if (request.Query("filter") is not { Length: > 0 } filter)
        {
            return null;
        }

        if (filter[0] == '{')
        {
            return filter;
        }

        try
        {
            return Encoding.UTF8.GetString((await request.Grains.GetGrain<IUserGrain>(request.User.Value).Filter(filter)).Span);
        }
        catch (MatrixException missing) when (missing.Code == MatrixError.NotFound)
        {
            throw new MatrixException(MatrixError.InvalidParam, "Unknown filter");
        }
    }
}
