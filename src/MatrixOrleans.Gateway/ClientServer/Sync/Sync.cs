using System.Text;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Users;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MatrixOrleans.Gateway.ClientServer.Sync;

/// <summary>Waits in slices until something happened or the client's time-out is over; a shutting-down gateway answers at once.</summary>
internal static class Sync
{
    /// <summary>Longest time-out that a client is granted.</summary>
    private const int TimeoutMsMax = 120_000;

    public static readonly Endpoint Endpoint = new("sync", "GET", "/_matrix/client/v3/sync", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var time = request.Http.RequestServices.GetRequiredService<TimeProvider>();
        var stopping = request.Http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        var timeoutMs = request.QueryInteger("timeout", 0, TimeoutMsMax);
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
        var started = time.GetTimestamp();
        while (true)
        {
            var leftMs = timeoutMs - (int)time.GetElapsedTime(started).TotalMilliseconds;
            var sliceStarted = time.GetTimestamp();
            SyncAnswer answer;
            try
            {
                answer = await grain.Sync(slice with { WaitMs = Math.Clamp(leftMs, 0, SyncRequest.WaitMsMax) }, cancel.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested && !request.Aborted.IsCancellationRequested)
            {
                // The wait ends with nothing new, and the client goes on from where it was.
                return slice.Since is { } where ? Answer.Of(new { NextBatch = where }) : throw new MatrixException(MatrixError.Unavailable, "The server is shutting down");
            }

            leftMs = timeoutMs - (int)time.GetElapsedTime(started).TotalMilliseconds;
            if (!answer.IsEmpty || leftMs <= 0 || cancel.IsCancellationRequested || time.GetElapsedTime(sliceStarted).TotalMilliseconds < SyncRequest.WaitMsMax / 2.0)
            {
                // A slice that ended early and empty was ended by a newer request of the same device, or by a grain that moves.
                return new Answer(answer.Body);
            }

            slice = slice with { IsContinued = true };
        }
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
