using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MatrixOrleans.Gateway.ClientServer.Sync;

/// <summary>Waits in slices until something happened or the client's time-out is over; a shutting-down gateway answers at once.</summary>
internal static class SyncWait
{
    /// <summary>Longest time-out that a client is granted.</summary>
    public const int TimeoutMsMax = 120_000;

    /// <param name="slice">Asks for one slice of so many milliseconds.</param>
    /// <param name="nothing">The answer that nothing happened and the client is to go on from where it was; <c>null</c> when it is nowhere yet.</param>
    public static async ValueTask<Answer> For(ClientRequest request, int timeoutMs, Func<int, CancellationToken, ValueTask<SyncAnswer>> slice, Func<Answer>? nothing)
    {
        var time = request.Time;
        var stopping = request.Http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        var started = time.GetTimestamp();
        while (true)
        {
            var leftMs = timeoutMs - (int)time.GetElapsedTime(started).TotalMilliseconds;
            var sliceStarted = time.GetTimestamp();
            SyncAnswer answer;
            try
            {
                answer = await slice(Math.Clamp(leftMs, 0, SyncRequest.WaitMsMax), cancel.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested && !request.Aborted.IsCancellationRequested)
            {
                // The wait ends with nothing new, and the client goes on from where it was.
                return nothing is not null ? nothing() : throw new MatrixException(MatrixError.Unavailable, "The server is shutting down");
            }

            leftMs = timeoutMs - (int)time.GetElapsedTime(started).TotalMilliseconds;
            if (!answer.IsEmpty || leftMs <= 0 || cancel.IsCancellationRequested || time.GetElapsedTime(sliceStarted).TotalMilliseconds < SyncRequest.WaitMsMax / 2.0)
            {
                // A slice that ended early and empty was ended by a newer request of the same device, or by a grain that moves.
                return new Answer(answer.Body);
            }
        }
    }
}
