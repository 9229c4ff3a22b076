using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class QueryPublicRooms
{
    /// <summary>Most room types that a filter names.</summary>
    private const int RoomTypesMax = 100;

    public static readonly Endpoint Endpoint = new("queryPublicRooms", "POST", "/_matrix/client/v3/publicRooms", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.OptionalJsonObject();
        var server = PublicRooms.Server(request);
        var allNetworks = JsonMembers.Flag(body, "include_all_networks");
        var network = JsonMembers.Text(body, "third_party_instance_id");
        if (allNetworks && network is not null)
        {
            throw new MatrixException(MatrixError.InvalidParam, "third_party_instance_id cannot be used with include_all_networks");
        }

        var filter = JsonMembers.Object(body, "filter");
        return await PublicRooms.List(request, server, new PublicRoomsQuery
        {
            Limit = Limit(body),
            Since = JsonMembers.Text(body, "since"),
            SearchTerm = filter is { } search ? JsonMembers.Text(search, "generic_search_term") : null,
            RoomTypes = filter is { } types ? RoomTypes(types) : null,
            Network = network,
            AllNetworks = allNetworks,
        });
    }

    private static int Limit(JsonElement body)
    {
        if (!body.TryGetProperty("limit", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return PublicRoomsQuery.LimitDefault;
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
