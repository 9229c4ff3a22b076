using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>What both ways to list the published rooms share: whose rooms, and the answer.</summary>
internal static class PublicRooms
{
    /// <summary>The server whose rooms are wanted: <c>server</c>, or the one that is asked.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM, and M_FORBIDDEN for the directory of another server, which this one does not ask.</exception>
    public static ServerName Server(ClientRequest request)
    {
        if (request.Query("server") is not { Length: > 0 } text || text == request.Tenant.Value)
        {
            return request.Tenant;
        }

        if (!ServerName.TryParse(text, out var server))
        {
            throw new MatrixException(MatrixError.InvalidParam, "server is not a server name");
        }

        throw new MatrixException(MatrixError.Forbidden, $"This server does not ask {server} for its room directory");
    }

    public static async ValueTask<Answer> List(ClientRequest request, ServerName server, PublicRoomsQuery query)
    {
        var page = await request.Grains.GetGrain<IRoomDirectoryGrain>(server.Value).List(query);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("chunk"u8);
            foreach (var room in page.Chunk)
            {
                writer.WriteRawValue(room.Span, skipInputValidation: true);
            }

            writer.WriteEndArray();
            if (page.NextBatch is not null)
            {
                writer.WriteString("next_batch"u8, page.NextBatch);
            }

            if (page.PrevBatch is not null)
            {
                writer.WriteString("prev_batch"u8, page.PrevBatch);
            }

            writer.WriteNumber("total_room_count_estimate"u8, page.TotalEstimate);
            writer.WriteEndObject();
        });
    }
}
