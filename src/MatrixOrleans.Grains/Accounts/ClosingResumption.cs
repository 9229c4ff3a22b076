using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>When a silo has started: goes on with the ends of accounts that an earlier process did not finish. Doing it twice does no harm.</summary>
public sealed class ClosingResumption(Database database, AccountClosing closing) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int UsersAtOnce = 100;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(ClosingResumption), ServiceLifecycleStage.Active + 1, Begin, _ => Task.CompletedTask);

    /// <summary>The silo does not wait for rooms.</summary>
    private async Task Begin(CancellationToken cancel)
    {
        if (await database.Accounts.Unfinished("", 1) is { Count: > 0 })
        {
            _ = Task.Run(Resume, CancellationToken.None);
        }
    }

    private async Task Resume()
    {
        var after = "";
        while (await database.Accounts.Unfinished(after, UsersAtOnce) is { Count: > 0 } accounts)
        {
            foreach (var account in accounts)
            {
                await closing.Close(account.UserId, account.Erased);
            }

            after = accounts[^1].UserId.Value;
        }
    }
}
