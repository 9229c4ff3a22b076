using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Contracts.Accounts;

namespace MatrixOrleans.Gateway.Http;

/// <summary>
/// What access tokens stand for, remembered for seconds. Invalidations make a log-out count at once; missing one costs
/// at most the entry's time.
/// </summary>
public sealed class SessionCache : IDisposable
{
    private const int EntriesMax = 100_000;

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keep;
    private readonly ConcurrentDictionary<string, Entry> _entries = new();
    private readonly IDisposable _subscription;
    private long _invalidations;

    public SessionCache(IGrainFactory grains, TimeProvider time, GatewayOptions options, ISessionInvalidations invalidations)
    {
        _grains = grains;
        _time = time;
        _keep = TimeSpan.FromSeconds(options.SessionCacheSeconds);
        _subscription = invalidations.Subscribe(user =>
        {
            Interlocked.Increment(ref _invalidations);
            foreach (var (token, entry) in _entries)
            {
                if (entry.Session.User == user)
                {
                    _entries.TryRemove(token, out _);
                }
            }
        });
    }

    /// <summary>The session of an access token; <c>null</c> when the token is unknown.</summary>
    public async ValueTask<Session?> Find(string accessToken)
    {
        var now = _time.GetTimestamp();
        if (_entries.TryGetValue(accessToken, out var entry) && _time.GetElapsedTime(entry.Since, now) < _keep
            && !(entry.Session.ExpiresAtMs <= _time.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            return entry.Session;
        }

        var invalidations = Volatile.Read(ref _invalidations);
        var session = await _grains.GetGrain<ISessionGrain>(0).Find(Hash(accessToken));
        if (session is null)
        {
            _entries.TryRemove(accessToken, out _);
            return null;
        }

        if (invalidations != Volatile.Read(ref _invalidations))
        {
            // Somebody's sessions changed while this one was read: it may be old already.
            return session;
        }

        if (_entries.Count >= EntriesMax)
        {
            _entries.Clear();
        }

        _entries[accessToken] = new Entry(session, now);
        return session;
    }

    public static byte[] Hash(string accessToken) => SHA256.HashData(Encoding.UTF8.GetBytes(accessToken));

    public void Dispose() => _subscription.Dispose();

    private readonly record struct Entry(Session Session, long Since);
}
