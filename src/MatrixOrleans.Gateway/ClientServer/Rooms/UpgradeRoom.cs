using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>Replaces a room by one of another version (Client-Server API, "Room Upgrades").</summary>
internal static class UpgradeRoom
{
    /// <summary>Most creators that a request names.</summary>
    private const int CreatorsMax = 250;

    public static readonly Endpoint Endpoint = new("upgradeRoom", "POST", "/_matrix/client/v3/rooms/{roomId}/upgrade", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var version = JsonMembers.Text(body, "new_version") ?? throw new MatrixException(MatrixError.MissingParam, "new_version is missing");
        var creators = Creators(body);
        var replacement = await request.Grains.GetGrain<IRoomFactoryGrain>(0).Upgrade(request.RoomId, request.User, version, creators);
        return Answer.Of(new { ReplacementRoom = replacement.Value });
    }

    private static List<UserId> Creators(JsonElement body)
    {
        if (JsonMembers.Array(body, "additional_creators", CreatorsMax) is not { } list)
        {
            return [];
        }

        return [.. list.EnumerateArray().Select(entry => entry.ValueKind == JsonValueKind.String && UserId.TryParse(entry.GetString(), out var user)
            ? user
            : throw new MatrixException(MatrixError.BadJson, "additional_creators must be a list of user IDs"))];
    }
}
