using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Outbound;

/// <summary>
/// Which servers do not answer, so that nobody's request waits for them each time: after a few failures in a row a server is not asked for a while, longer each time.
/// A success, or a request from that server, ends it. In memory only; delivery of transactions has a schedule of its own.
/// </summary>
public sealed class ServerHealth(TimeProvider time)
{
    private const int ServersMax = 20_000;
    private const int FailuresFree = 3;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(10);

    private readonly ConcurrentLru<ServerName, State> _servers = new(ServersMax);

    /// <summary>Whether the server failed lately and should be left alone.</summary>
    public bool IsResting(ServerName server) => _servers.TryGet(server, out var state) && time.GetUtcNow() < state.Until;

    /// <summary>The server lives.</summary>
    public void Lives(ServerName server) => _servers.TryRemove(server);

    public void Failed(ServerName server)
    {
        var state = _servers.GetOrAdd(server, static _ => new State());
        lock (state)
        {
            state.Failures++;
            if (state.Failures >= FailuresFree)
            {
                var wait = First * Math.Pow(2, Math.Min(state.Failures - FailuresFree, 16));
                state.Until = time.GetUtcNow() + (wait < Most ? wait : Most);
            }
        }
    }

    private sealed class State
    {
        public int Failures;
        public DateTimeOffset Until;
    }
}
