using System.Text.Json;
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
        var users = JsonMembers.Object(body, "one_time_keys") ?? throw new MatrixException(MatrixError.MissingParam, "one_time_keys is missing");
        var wanted = Read(users).Take(KeysMax + 1).ToList();
        return wanted.Count <= KeysMax
            ? new Answer(await request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Claim(wanted))
            : throw new MatrixException(MatrixError.BadJson, $"{KeysMax} keys can be claimed at most");
    }

    private static IEnumerable<OneTimeKeyWanted> Read(JsonElement users)
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
