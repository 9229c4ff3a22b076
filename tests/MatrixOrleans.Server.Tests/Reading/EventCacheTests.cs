using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Server.Tests.Reading;

public class EventCacheTests
{
    [Fact]
    public void An_event_is_found_by_room_and_number_and_counted_once()
    {
        var cache = new EventCache();
        var pdu = Event(100);
        cache.Add(1, 7, pdu);
        var bytes = cache.Bytes;
        cache.Add(1, 7, pdu);
        Assert.Same(pdu, cache.TryGet(1, 7));
        Assert.Null(cache.TryGet(2, 7));
        Assert.Equal(bytes, cache.Bytes);
    }

    [Fact]
    public void It_never_holds_many_more_bytes_than_it_may()
    {
        const int Max = 1 << 20;
        var cache = new EventCache(Max);
        for (var i = 0; i < 2_000; i++)
        {
            cache.Add(1, i, Event(i % 10 == 0 ? 20_000 : 300));
            Assert.True(cache.Bytes <= Max + 50_000, $"{cache.Bytes} bytes after {i} events");
        }

        Assert.True(cache.Bytes > Max / 4);
        Assert.NotNull(cache.TryGet(1, 1_999));
    }

    private static Pdu Event(int bodyLength) => PduReader.ReadStored(
        RoomServer.Utf8(new
        {
            type = "m.room.message",
            room_id = "!r:one.test",
            sender = "@a:one.test",
            origin_server_ts = 1,
            depth = 1,
            prev_events = Array.Empty<string>(),
            auth_events = Array.Empty<string>(),
            hashes = new { sha256 = "x" },
            signatures = new { },
            content = new { body = new string('x', bodyLength) },
        }),
        RoomVersions.V11,
        EventId.Parse("$" + new string('a', 43)));
}
