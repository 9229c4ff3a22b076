using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>Registration tokens, straight from storage. A use is counted with the account that it makes, not before.</summary>
[StatelessWorker, Reentrant]
internal sealed class RegistrationTokenGrain(Database database, TimeProvider time) : Grain, IRegistrationTokenGrain
{
    public async ValueTask<bool> IsValid(string token) => await database.RegistrationTokens.IsValid(token, time.GetUtcNow().ToUnixTimeMilliseconds());
}
