using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Users;

/// <summary>When a silo has started: wakes the users whose new profiles have not come into all their rooms. Doing it twice does no harm.</summary>
public sealed class ProfileResumption(Database database, IGrainFactory grains) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int UsersAtOnce = 100;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(ProfileResumption), ServiceLifecycleStage.Active + 1, Resume, _ => Task.CompletedTask);

    private async Task Resume(CancellationToken cancel)
    {
        IReadOnlyList<UserId> users = [];
        do
        {
            users = await database.ProfilePropagations.Users(users.Count == 0 ? "" : users[^1].Value, UsersAtOnce);
            foreach (var user in users)
            {
                await grains.GetGrain<IUserGrain>(user.Value).ResumePropagation();
            }
        }
        while (users.Count == UsersAtOnce && !cancel.IsCancellationRequested);
    }
}
