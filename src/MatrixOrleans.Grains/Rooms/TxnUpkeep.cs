using MatrixOrleans.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// Forgets the answers to clients' transactions (Client-Server API, "Transaction identifiers") when nobody will repeat them any more. Each silo does it; what one
/// did is nothing for the next.
/// </summary>
public sealed partial class TxnUpkeep(Database database, TimeProvider time, ILogger<TxnUpkeep> log) : BackgroundService
{
    /// <summary>How long a repeated request is surely recognised.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Every = TimeSpan.FromHours(6);

    /// <summary>One round.</summary>
    /// <returns>How many were forgotten.</returns>
    public Task<int> Run(CancellationToken cancel) => database.Rooms.ForgetTxns((time.GetUtcNow() - KeptFor).ToUnixTimeMilliseconds(), cancel);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var wait = FirstAfter; ; wait = Every)
            {
                await Task.Delay(wait, time, stoppingToken);
                try
                {
                    await Run(stoppingToken);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    LogFailure(log, failure);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops; the next one goes on.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old transactions could not be forgotten; tried again in some hours")]
    private static partial void LogFailure(ILogger log, Exception failure);
}
