using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Takes one-time keys of devices.</summary>
internal static class ClaimKeys
{
    public static readonly Endpoint Endpoint = new("claimKeys", "POST", "/_matrix/client/v3/keys/claim", Access.UserOrGuest, Handle);

    private const int KeysMax = 10_000;

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var (local, remote) = RemoteKeys.Split(request, Read(body), claim => claim.User);
        var asked = request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Claim(local).AsTask();
        var others = remote.Count == 0 ? null : request.Grains.GetGrain<IRemoteDevicesGrain>(0).Claim(request.User, remote, RemoteKeys.TimeoutMs(body)).AsTask();
        return others is null ? new Answer(await asked) : RemoteKeys.Merge(await asked, await others);
    }

    /// <summary>The keys that are asked for.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON, M_MISSING_PARAM</exception>
    internal static IReadOnlyList<OneTimeKeyWanted> Read(JsonElement body)
    {
        var users = JsonMembers.Object(body, "one_time_keys") ?? throw new MatrixException(MatrixError.MissingParam, "one_time_keys is missing");
        var wanted = Each(users).Take(KeysMax + 1).ToList();
        return wanted.Count <= KeysMax ? wanted : throw new MatrixException(MatrixError.BadJson, $"{KeysMax} keys can be claimed at most");
    }

    private static IEnumerable<OneTimeKeyWanted> Each(JsonElement users)
    {
        foreach (var user in users.EnumerateObject())
        {
            if (!UserId.TryParse(user.Name, out var id) || user.Value.ValueKind != JsonValueKind.Object)
            {
                throw new MatrixException(MatrixError.BadJson, "one_time_keys must map user ids to objects");
            }

            foreach (var device in user.Value.EnumerateObject())
            {
                yield return device.Value.ValueKind == JsonValueKind.String
                    ? new OneTimeKeyWanted(id, device.Name, device.Value.GetString()!)
                    : throw new MatrixException(MatrixError.BadJson, "An algorithm must be a string");
            }
        }
    }
}
