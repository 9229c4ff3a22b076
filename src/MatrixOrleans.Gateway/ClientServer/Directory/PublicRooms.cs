using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>What both ways to list the published rooms share: whose rooms, and the answer.</summary>
internal static class PublicRooms
{
    /// <summary>Most room types that a filter names.</summary>
    private const int RoomTypesMax = 100;

    /// <summary>The server whose rooms are wanted: <c>server</c>, or the one that is asked.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static ServerName Server(ClientRequest request)
    {
        if (request.Query("server") is not { Length: > 0 } text || text == request.Tenant.Value)
        {
            return request.Tenant;
        }

        return ServerName.TryParse(text, out var server) ? server : throw new MatrixException(MatrixError.InvalidParam, "server is not a server name");
    }

    /// <summary>The directory of another server, as it answers; ids that are none are left out by clients.</summary>
    /// <exception cref="MatrixException">M_UNKNOWN with status 502 when it does not answer, or its refusal.</exception>
    public static async ValueTask<Answer> Elsewhere(ClientRequest request, ServerName server, string method, string pathAndQuery, JsonElement? body) =>
        new(await request.Grains.GetGrain<IRemoteQueriesGrain>(0).PublicRooms(
            request.Tenant, server, method, pathAndQuery, body is { } json ? (ReadOnlyMemory<byte>?)JsonSerializer.SerializeToUtf8Bytes(json) : null));

    /// <summary>What a body asks for.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON, M_INVALID_PARAM</exception>
    public static PublicRoomsQuery Read(JsonElement body, int missingLimit = PublicRoomsQuery.LimitDefault)
    {
        var allNetworks = JsonMembers.Flag(body, "include_all_networks");
        var network = JsonMembers.Text(body, "third_party_instance_id");
        if (allNetworks && network is not null)
        {
            throw new MatrixException(MatrixError.InvalidParam, "third_party_instance_id cannot be used with include_all_networks");
        }

        var filter = JsonMembers.Object(body, "filter");
        return new PublicRoomsQuery
        {
            Limit = Limit(body, missingLimit),
            Since = JsonMembers.Text(body, "since"),
            SearchTerm = filter is { } search ? JsonMembers.Text(search, "generic_search_term") : null,
            RoomTypes = filter is { } types ? RoomTypes(types) : null,
            Network = network,
            AllNetworks = allNetworks,
        };
    }

    public static async ValueTask<Answer> List(IGrainFactory grains, ServerName server, PublicRoomsQuery query)
    {
        var page = await grains.GetGrain<IRoomDirectoryGrain>(server.Value).List(query);
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

    private static int Limit(JsonElement body, int missing)
    {
        if (!body.TryGetProperty("limit", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return missing;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var limit) && limit >= 0
            ? (int)Math.Min(limit, PublicRoomsQuery.LimitMax)
            : throw new MatrixException(MatrixError.BadJson, "limit must be a non-negative integer");
    }

    private static List<string?>? RoomTypes(JsonElement filter)
    {
        if (JsonMembers.Array(filter, "room_types", RoomTypesMax) is not { } list)
        {
            return null;
        }

        return [.. list.EnumerateArray().Select(type => type.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => type.GetString(),
            _ => throw new MatrixException(MatrixError.BadJson, "room_types must be a list of strings and null"),
        })];
    }
}
