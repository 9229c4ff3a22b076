using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Answers the devices and identity keys of users.</summary>
internal static class QueryKeys
{
    public static readonly Endpoint Endpoint = new("queryKeys", "POST", "/_matrix/client/v3/keys/query", Access.UserOrGuest, Handle);

    private const int UsersMax = 20_000;
    private const int DevicesMax = 10_000;

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var users = JsonMembers.Object(body, "device_keys") ?? throw new MatrixException(MatrixError.MissingParam, "device_keys is missing");
        var wanted = new Dictionary<UserId, IReadOnlyList<string>>();
        foreach (var user in users.EnumerateObject())
        {
            if (!UserId.TryParse(user.Name, out var id))
            {
                throw new MatrixException(MatrixError.BadJson, "device_keys must be named by user ids");
            }

            var devices = JsonMembers.Array(users, user.Name, DevicesMax) ?? throw new MatrixException(MatrixError.BadJson, "device_keys must be lists of device ids");
            wanted[id] = devices.EnumerateArray().All(device => device.ValueKind == JsonValueKind.String)
                ? [.. devices.EnumerateArray().Select(device => device.GetString()!)]
                : throw new MatrixException(MatrixError.BadJson, "A device id must be a string");
        }

        return wanted.Count <= UsersMax
            ? new Answer(await request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Query(wanted))
            : throw new MatrixException(MatrixError.BadJson, $"device_keys may have {UsersMax} users at most");
    }
}
