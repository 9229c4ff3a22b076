using System.Collections.Concurrent;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Http;

/// <summary>Token buckets per user or address (Client-Server API, "Rate limiting").</summary>
public sealed class RateLimits(GatewayOptions options, TimeProvider time)
{
    private const int BucketsMax = 100_000;

    private readonly ConcurrentDictionary<(RateClass, string), Bucket> _buckets = new();

    /// <exception cref="MatrixException">M_LIMIT_EXCEEDED with the time to wait.</exception>
    public void Count(RateClass rate, string who)
    {
        if (!options.RateLimits || rate == RateClass.None)
        {
            return;
        }

        var (perSecond, burst) = rate switch
        {
            RateClass.Send => (options.SendsPerSecond, options.SendsBurst),
            RateClass.Server => (options.ServerRequestsPerSecond, options.ServerRequestsBurst),
            _ => (options.LoginsPerSecond, options.LoginsBurst),
        };
        if (_buckets.Count > BucketsMax)
        {
            // Full buckets are the same as none; the others start again, which only gives.
            _buckets.Clear();
        }

        var bucket = _buckets.GetOrAdd((rate, who), _ => new Bucket { Tokens = burst, At = time.GetTimestamp() });
        lock (bucket)
        {
            var now = time.GetTimestamp();
            bucket.Tokens = Math.Min(burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
            bucket.At = now;
            if (bucket.Tokens < 1)
            {
                throw new MatrixException(MatrixError.LimitExceeded, "Too many requests") { RetryAfterMs = (int)Math.Ceiling((1 - bucket.Tokens) / perSecond * 1000) };
            }

            bucket.Tokens--;
        }
    }

    private sealed class Bucket
    {
        public double Tokens;
        public long At;
    }
}
