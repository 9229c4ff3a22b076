using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Keys;

/// <summary>
/// Tells the log what it is owed (<see cref="LogDebtStore"/>), so that syncs hear of every change of keys and devices.
/// <code>
///   change ──┐                      ┌─> row of the log ─> debt taken away
///   debt   ──┴─ one transaction ────┤
///                                   └─ crash ─> found at the next start, or by a silo that lives on
/// </code>
/// </summary>
public sealed partial class LogDebts(Database database, TimeProvider time, ILogger<LogDebts> log) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Debts that are settled together.</summary>
    private const int DebtsAtOnce = 1000;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _stopping = new();

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(LogDebts), ServiceLifecycleStage.Active + 1, Start, _ => _stopping.CancelAsync());

    /// <summary>Tells what is owed about these users.</summary>
    public async ValueTask Settle(params IReadOnlyCollection<UserId> users) => await Settle(await database.LogDebts.Of(users));

    /// <summary>Tells what nobody has told between two looks.</summary>
    /// <param name="before">What was owed at the look before.</param>
    /// <returns>What is owed now.</returns>
    internal async Task<IReadOnlyCollection<LogDebt>> Sweep(IReadOnlyCollection<LogDebt> before)
    {
        var owed = await database.LogDebts.Some(DebtsAtOnce);
        await Settle([.. owed.Where(before.Contains)]);
        return [.. owed.Except(before)];
    }

    private async Task Start(CancellationToken cancel)
    {
        IReadOnlyList<LogDebt> debts;
        do
        {
            debts = await database.LogDebts.Some(DebtsAtOnce);
            await Settle(debts);
        }
        while (debts.Count == DebtsAtOnce && !cancel.IsCancellationRequested);

        _ = SweepAgainAndAgain();
    }

    private async Task SweepAgainAndAgain()
    {
        using var timer = new PeriodicTimer(SweepEvery, time);
        IReadOnlyCollection<LogDebt> owed = [];
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    owed = await Sweep(owed);
                }
                catch (Exception failure) when (failure is not OperationCanceledException and not ObjectDisposedException)
                {
                    LogFailure(log, failure);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The silo stops; what is left is told when it starts again.
        }
    }

    private async ValueTask Settle(IReadOnlyList<LogDebt> debts)
    {
        if (debts.Count == 0)
        {
            return;
        }

        var entries = new List<UserEntry>(debts.Count);
        foreach (var debt in debts)
        {
            entries.Add(debt.Kind switch
            {
                LogDebtKind.DeviceList => await DeviceListRows.For(database, debt.User),
                LogDebtKind.KeySupply => new KeySupplyChanged(debt.User.Value, debt.About),
                _ => new SignaturesChanged(debt.User.Value, debt.About),
            });
        }

        await database.Writer.Append(new AppendUnit { Users = entries });
        await database.LogDebts.Remove(debts);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Changes of keys could not be told")]
    private static partial void LogFailure(ILogger log, Exception failure);
}
