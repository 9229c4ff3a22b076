using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Directory;

/// <summary>Summaries of rooms, trees of spaces, rooms in common: read from storage for each request.</summary>
[StatelessWorker]
public sealed class RoomSummaryGrain(Database database) : Grain, IRoomSummaryGrain
{
    private const int MutualPage = 500;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async ValueTask<ReadOnlyMemory<byte>> Summary(RoomId room, UserId? user, bool oldNames)
    {
        var known = await new SummarisedRooms(database, user).Get(room) is { IsAccessible: true } found
            ? found
            : throw new MatrixException(MatrixError.NotFound, "Room not found");
        return Write(writer =>
        {
            known.Summary.WriteMembers(writer, user is null ? null : known.Membership == Membership.None ? Membership.Leave : known.Membership);
            if (oldNames)
            {
                writer.WriteString("im.nheko.summary.room_version"u8, known.Summary.Version.Id);
                if (known.Summary.Encryption is { } algorithm)
                {
                    writer.WriteString("im.nheko.summary.encryption"u8, algorithm);
                }
            }
        });
    }

    public async ValueTask<HierarchyPage> Hierarchy(RoomId space, UserId user, HierarchyQuery query)
    {
        var skip = query.From is { } token ? HierarchyToken.Parse(token).After(space, query) : 0;
        var walk = new SpaceWalk(new SummarisedRooms(database, user), query);
        var (rooms, more) = await walk.Page(space, skip);
        if (rooms.Count == 0 && skip == 0)
        {
            throw new MatrixException(MatrixError.Forbidden, "You are not allowed to view this room.");
        }

        return new HierarchyPage(
            [.. rooms.Select(room => Write(writer =>
            {
                room.Room.Summary.WriteMembers(writer);
                writer.WriteStartArray("children_state"u8);
                foreach (var child in room.Children)
                {
                    child.Write(writer);
                }

                writer.WriteEndArray();
            }))],
            more ? HierarchyToken.Of(space, query, skip + rooms.Count).ToString() : null);
    }

    public async ValueTask<MutualRoomsPage> Mutual(UserId user, UserId other, string? after)
    {
        var last = "";
        if (after is not null)
        {
            last = Base64Url.IsValid(after) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(after)) : "";
            if (!RoomId.IsValid(last))
            {
                throw new MatrixException(MatrixError.InvalidParam, "The token is none of this server");
            }
        }

        var rooms = await database.Memberships.SharedPage(user, other, last, MutualPage + 1);
        if (rooms.Count <= MutualPage)
        {
            return new MutualRoomsPage(rooms, after is null ? rooms.Count : await Count(), null);
        }

        return new MutualRoomsPage([.. rooms.Take(MutualPage)], await Count(), Base64Url.EncodeToString(Encoding.UTF8.GetBytes(rooms[MutualPage - 1].Value)));

        async ValueTask<int> Count() => (await database.Memberships.Shared(user, other)).Count;
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ByteBuffer(512);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
