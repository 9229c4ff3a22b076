using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Presence;

/// <summary>
/// When a silo has started: wakes the presence of those who were there when a process ended, so that they are told to be offline unless they
/// come back. Doing it twice does no harm.
/// </summary>
public sealed class PresenceResumption(Database database, IGrainFactory grains) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int UsersAtOnce = 100;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(PresenceResumption), ServiceLifecycleStage.Active + 1, Resume, _ => Task.CompletedTask);

    private async Task Resume(CancellationToken cancel)
    {
        IReadOnlyList<Protocol.Identifiers.UserId> users = [];
        do
        {
            users = await database.Presence.Present(users.Count == 0 ? "" : users[^1].Value, UsersAtOnce);
            foreach (var user in users)
            {
                await grains.GetGrain<IPresenceGrain>(user.Value).View(user);
            }
        }
        while (users.Count == UsersAtOnce && !cancel.IsCancellationRequested);
    }
}
