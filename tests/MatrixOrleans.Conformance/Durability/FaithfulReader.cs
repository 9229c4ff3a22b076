using System.Text.Json;
using MatrixOrleans.Conformance.Client;

namespace MatrixOrleans.Conformance.Durability;

/// <summary>Follows a room by /sync, fills the gap of every limited timeline with /messages, and goes on with its last token when the server was away.</summary>
public sealed class FaithfulReader(TestClient client, string room, int timelineLimit)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly List<Delivered> _events = [];
    private readonly List<(string Text, string[] Ids)> _steps = [];
    private string _token = "";
    private string _lastKnown = "";

    /// <summary>How many gaps were filled.</summary>
    public int Gaps { get; private set; }

    /// <summary>What came so far, in order.</summary>
    public ClientStream Stream => new(client.UserId, [.. _events]);

    /// <summary>Takes the room's present end as the start of the stream.</summary>
    public async Task StartAsync()
    {
        JsonElement sync = await client.Sync();
        _token = sync.Str("next_batch");
        _lastKnown = sync.Timeline(room)[^1].Str("event_id");
    }

    /// <summary>Reads until told to stop, and then until nothing more comes.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            bool last = stop.IsCancellationRequested;
            try
            {
                bool got = await ReadOnceAsync(last ? 0 : 1000);
                if (last && !got)
                {
                    return;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException or UnavailableException)
            {
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>The syncs around an event that never came: those that brought its neighbours in a full walk, and all between them.</summary>
    public IEnumerable<string> Around(string eventId, IReadOnlyList<Delivered> walk)
    {
        int place = walk.Select(e => e.EventId).ToList().IndexOf(eventId);
        int before = _steps.FindLastIndex(s => walk.Take(place).TakeLast(5).Any(e => s.Ids.Contains(e.EventId)));
        int after = _steps.FindIndex(Math.Max(0, before), s => walk.Skip(place + 1).Take(20).Any(e => s.Ids.Contains(e.EventId)));
        return before < 0 || after < 0 ? [] : _steps[before..(after + 1)].Select(s => $"    {s.Text}");
    }

    /// <summary>The marked events among events.</summary>
    public static IEnumerable<Delivered> Marked(IEnumerable<JsonElement> events) =>
        events.Where(e => e.Str("type") == "m.room.message").Select(e => new Delivered(e.Str("event_id"), e.Str("sender"), e.Str("content", "body")));

    private async Task<bool> ReadOnceAsync(int timeoutMs)
    {
        string filter = $$$$"""{"room":{"timeline":{"limit":{{{{timelineLimit}}}}}}}""";
        JsonElement sync = await client.Sync(_token, filter, timeoutMs);
        JsonElement[] timeline = sync.Timeline(room);
        bool limited = sync.Has("rooms", "join", room, "timeline", "limited") && sync.Joined(room).Bool("timeline", "limited");
        List<JsonElement> gap = limited ? await FillAsync(sync.Joined(room).Str("timeline", "prev_batch")) : [];
        _events.AddRange(Marked([.. gap, .. timeline]));
        _steps.Add(($"{DateTime.UtcNow:HH:mm:ss.fff} {_token} -> {sync.Str("next_batch")}: {(limited ? $"limited at {sync.Joined(room).Str("timeline", "prev_batch")}, {gap.Count} in the gap, " : "")}{timeline.Length} in the timeline", [.. gap.Ids(), .. timeline.Ids()]));
        _lastKnown = timeline.Length > 0 ? timeline[^1].Str("event_id") : _lastKnown;
        _token = sync.Str("next_batch");
        return timeline.Length > 0;
    }

    /// <summary>What lies between the last event known and a boundary, oldest first.</summary>
    private async Task<List<JsonElement>> FillAsync(string from)
    {
        const int pageSize = 20;
        List<JsonElement> newestFirst = [];
        Gaps++;
        while (true)
        {
            JsonElement page = (await client.Get($"/v3/rooms/{room}/messages?dir=b&limit={pageSize}&from={from}")).Ok();
            foreach (JsonElement each in page.List("chunk"))
            {
                if (each.Str("event_id") == _lastKnown)
                {
                    newestFirst.Reverse();
                    return newestFirst;
                }
                newestFirst.Add(each);
            }
            Assert.True(page.Has("end"), $"{client.UserId} walked back to the room's beginning and did not meet {_lastKnown}");
            from = page.Str("end");
        }
    }
}
