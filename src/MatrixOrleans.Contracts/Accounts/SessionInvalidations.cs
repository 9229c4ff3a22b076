using System.Collections.Immutable;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>Invalidations for gateway and silo in one process.</summary>
public sealed class SessionInvalidations : ISessionInvalidations
{
    private ImmutableList<Action<UserId>> _subscribers = [];

    public void Publish(UserId user)
    {
        foreach (var changed in Volatile.Read(ref _subscribers))
        {
            changed(user);
        }
    }

    public IDisposable Subscribe(Action<UserId> changed)
    {
        ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Add(one), changed);
        return new Subscription(this, changed);
    }

    private sealed class Subscription(SessionInvalidations owner, Action<UserId> changed) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref owner._subscribers, static (all, one) => all.Remove(one), changed);
    }
}
