using System.Security.Cryptography;
using MatrixOrleans.Contracts.Rendezvous;

namespace MatrixOrleans.Grains.Rendezvous;

/// <summary>A mailbox in memory; it goes with the grain, at the latest when its time is over.</summary>
public sealed class RendezvousGrain(TimeProvider time) : Grain, IRendezvousGrain
{
    private RendezvousView? _view;

    public ValueTask<RendezvousView> Create(ReadOnlyMemory<byte> data, string contentType)
    {
        DelayDeactivation(TimeSpan.FromSeconds(IRendezvousGrain.LifetimeSeconds));
        _view = New(data, contentType, NowMs() + (IRendezvousGrain.LifetimeSeconds * 1000L));
        return ValueTask.FromResult(_view);
    }

    public ValueTask<RendezvousView?> Get() => ValueTask.FromResult(Current());

    public ValueTask<RendezvousPut?> Put(string token, ReadOnlyMemory<byte> data, string contentType)
    {
        if (Current() is not { } view)
        {
            return ValueTask.FromResult<RendezvousPut?>(null);
        }

        if (view.Token != token)
        {
            return ValueTask.FromResult<RendezvousPut?>(new RendezvousPut(view, false));
        }

        _view = New(data, contentType, view.ExpiresMs);
        return ValueTask.FromResult<RendezvousPut?>(new RendezvousPut(_view, true));
    }

    public ValueTask<bool> Delete()
    {
        var existed = Current() is not null;
        _view = null;
        DeactivateOnIdle();
        return ValueTask.FromResult(existed);
    }

    private RendezvousView New(ReadOnlyMemory<byte> data, string contentType, long expiresMs) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), data, contentType, expiresMs, NowMs());

    private RendezvousView? Current()
    {
        if (_view?.ExpiresMs <= NowMs())
        {
            _view = null;
        }

        if (_view is null)
        {
            DeactivateOnIdle();
        }

        return _view;
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
