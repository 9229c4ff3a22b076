using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
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
        var wanted = Read(body);
        var (local, remote) = RemoteKeys.Split(request, wanted, user => user.Key);
        var asked = request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Query(local.ToDictionary()).AsTask();
        var others = remote.Count == 0
            ? null
            : request.Grains.GetGrain<IRemoteDevicesGrain>(0).Query(request.User, remote.ToDictionary(), RemoteKeys.TimeoutMs(body)).AsTask();
        return others is null ? new Answer(await asked) : RemoteKeys.Merge(await asked, await others);
    }

    /// <summary>The users and devices that are asked for.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON, M_MISSING_PARAM</exception>
    internal static Dictionary<UserId, IReadOnlyList<string>> Read(JsonElement body)
    {
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
            ? wanted
            : throw new MatrixException(MatrixError.BadJson, $"device_keys may have {UsersMax} users at most");
    }
}
