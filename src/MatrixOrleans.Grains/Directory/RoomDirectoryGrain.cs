using System.Text.Encodings.Web;
using System.Text.Json;
using BitFaster.Caching.Lru;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms.Directory;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Directory;

/// <summary>
/// A server's room directory. Storage says which rooms are published; what is told of each is read from its current state when the list is
/// asked for, and remembered by the root of that state, which names it for good.
/// </summary>
[StatelessWorker(2)]
public sealed class RoomDirectoryGrain(Database database) : Grain, IRoomDirectoryGrain
{
    private const int RoomsRememberedMax = 20_000;

    /// <summary>Most rooms that a directory lists.</summary>
    private const int RoomsMax = 100_000;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentLru<RoomId, RoomRecord> _records = new(RoomsRememberedMax);
    private readonly ConcurrentLru<RoomId, (long Root, PublishedRoom Room)> _rooms = new(RoomsRememberedMax);

    public async ValueTask<bool> IsPublished(RoomId room)
    {
        _ = await database.Rooms.Find(room) ?? throw new MatrixException(MatrixError.NotFound, "Room not found");
        return await database.Directory.IsPublic(Tenant(), room);
    }

    public async ValueTask Publish(RoomId room, bool isPublic, Actor actor)
    {
        var state = await CurrentState.Load(database, room) ?? throw new MatrixException(MatrixError.NotFound, "Room not found");
        if (!actor.IsAdmin && !await state.MayChangeAliases(actor.User))
        {
            throw new MatrixException(MatrixError.Forbidden, "You may not publish this room");
        }

        if (isPublic)
        {
            await database.Directory.Set(Tenant(), Published.Row(room));
        }
        else
        {
            await database.Directory.Remove(Tenant(), room);
        }
    }

    public async ValueTask<PublicRoomsPage> List(PublicRoomsQuery query)
    {
        var since = query.Since is { } token ? DirectoryToken.Parse(token) : (DirectoryToken?)null;
        var rooms = new List<PublishedRoom>();
        foreach (var id in await Listed(query))
        {
            if (await Describe(id) is { } room && room.Matches(query.SearchTerm) && query.RoomTypes?.Contains(room.RoomType) != false)
            {
                rooms.Add(room);
            }
        }

        var page = DirectoryPage.Of(rooms, since, query.Limit > 0 ? query.Limit : PublicRoomsQuery.LimitDefault);
        return new PublicRoomsPage([.. page.Rooms.Select(Chunk)], page.Next?.ToString(), page.Previous?.ToString(), rooms.Count);
    }

    public async ValueTask PublishForNetwork(RoomId room, string service, string network, bool isPublic)
    {
        _ = await database.Rooms.Find(room) ?? throw new MatrixException(MatrixError.NotFound, "Room not found");
        await database.ApplicationServices.SetNetworkRoom(Tenant(), room, service, network, isPublic);
    }

    private async ValueTask<IEnumerable<RoomId>> Listed(PublicRoomsQuery query)
    {
        if (query.Network is { } instance)
        {
            return instance.Split('|', 2) is [var service, var network] ? await database.ApplicationServices.NetworkRooms(Tenant(), (service, network)) : [];
        }

        var own = (await database.Directory.Page(Tenant(), null, null, backwards: false, RoomsMax)).Select(row => row.RoomId);
        return query.AllNetworks ? own.Concat(await database.ApplicationServices.NetworkRooms(Tenant(), null)).Distinct() : own;
    }

    private async ValueTask<PublishedRoom?> Describe(RoomId id)
    {
        if (!_records.TryGet(id, out var record))
        {
            record = await database.Rooms.Find(id);
            if (record is null)
            {
                return null;
            }

            _records.AddOrUpdate(id, record);
        }

        // Nobody can be met in a room without members.
        if (await CurrentState.Load(database, record) is not { JoinedCount: > 0 } state)
        {
            return null;
        }

        if (_rooms.TryGet(id, out var known) && known.Root == state.Root)
        {
            return known.Room with { JoinedCount = state.JoinedCount };
        }

        var events = await state.Events(PublishedRoom.Keys);
        var room = PublishedRoom.Of(id, state.JoinedCount, key => events.TryGetValue(key, out var pdu) ? pdu.Content : null);
        _rooms.AddOrUpdate(id, (state.Root, room));
        return room;
    }

    private ServerName Tenant() => ServerName.Parse(this.GetPrimaryKeyString());

    private static ReadOnlyMemory<byte> Chunk(PublishedRoom room)
    {
        var buffer = new ByteBuffer(512);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        room.Write(writer);
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
