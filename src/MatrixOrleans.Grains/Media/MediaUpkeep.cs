using MatrixOrleans.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Media;

/// <summary>
/// Removes media whose time is over, and the bytes that nothing refers to any more. Each silo does it; what one did is nothing for the next.
/// </summary>
public sealed partial class MediaUpkeep(Database database, IBlobStore blobs, MediaOptions options, TimeProvider time, ILogger<MediaUpkeep> log) : BackgroundService
{
    /// <summary>Blobs of one round.</summary>
    private const int BlobsMax = 500;

    private const int RoundsMax = 1_000;

    private const long PreviewKeptMs = 24 * 60 * 60 * 1000L;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    /// <summary>One round of everything.</summary>
    public async Task Run(CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.MediaUpkeep.RemoveExpired(now);
        await database.UrlPreviews.RemoveBefore(now - PreviewKeptMs);
        if (options.RetentionDays > 0)
        {
            await database.MediaUpkeep.RemoveLocal(now - DaysMs(options.RetentionDays), now);
        }

        if (options.RemoteRetentionDays > 0)
        {
            await database.MediaUpkeep.RemoveRemote(now - DaysMs(options.RemoteRetentionDays), now);
        }

        for (var round = 0; round < RoundsMax; round++)
        {
            var doomed = await database.Blobs.Doom(now, BlobsMax);
            foreach (var blob in doomed)
            {
                await blobs.Delete(blob, cancel);
                await database.Blobs.Forget(blob);
            }

            if (doomed.Count == 0)
            {
                break;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await Run(stoppingToken);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // A blob store that is away is there again later.
                    LogFailure(log, failure);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops; the next one goes on.
        }
    }

    private static long DaysMs(int days) => days * 24L * 60 * 60 * 1000;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media could not be cleaned up; tried again in ten minutes")]
    private static partial void LogFailure(ILogger log, Exception failure);
}
