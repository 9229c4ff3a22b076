using System.Collections.Concurrent;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.Extensions.Hosting;

namespace MatrixOrleans.Gateway.Http;

/// <summary>
/// When and from where devices were last seen: gathered here, handed to storage in one piece every <see cref="FlushEvery"/>, each device at most
/// once in a minute. A crash loses what was gathered; the specification lets it be "a few minutes out of date".
/// </summary>
public sealed class DeviceActivity(IGrainFactory grains, TimeProvider time) : BackgroundService
{
    /// <summary>Devices that are remembered between two flushes; more are not told until the next.</summary>
    private const int DevicesMax = 200_000;

    /// <summary>Devices in one message.</summary>
    private const int ChunkMax = 1_000;

    private static readonly TimeSpan FlushEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(UserId User, string Device), DeviceSighting> _seen = new();

    public void Saw(Session session, string address, string userAgent)
    {
        if (session.DeviceId is not { } device || (_seen.Count >= DevicesMax && !_seen.ContainsKey((session.User, device))))
        {
            return;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_seen.TryGetValue((session.User, device), out var last) || now - last.AtMs > 1_000)
        {
            _seen[(session.User, device)] = new DeviceSighting(session.User, device, now, address, userAgent);
        }
    }

    /// <summary>Hands over what was gathered.</summary>
    public async Task Flush()
    {
        foreach (var chunk in _seen.Keys.Chunk(ChunkMax))
        {
            var sightings = new List<DeviceSighting>(chunk.Length);
            foreach (var key in chunk)
            {
                if (_seen.TryRemove(key, out var sighting))
                {
                    sightings.Add(sighting);
                }
            }

            await grains.GetGrain<ISessionGrain>(0).Saw(sightings);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FlushEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops; what the last minute saw is not worth waiting for.
        }
    }
}
