using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>Finds users by name (Client-Server API, "User Directory").</summary>
internal static class SearchUserDirectory
{
    private const int LimitDefault = 10;

    private const int LimitMax = 50;

    public static readonly Endpoint Endpoint = new("searchUserDirectory", "POST", "/_matrix/client/v3/user_directory/search", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var term = JsonMembers.Text(body, "search_term") ?? throw new MatrixException(MatrixError.MissingParam, "search_term is missing");
        var found = await request.Grains.GetGrain<IUserDirectoryGrain>(0).Search(request.User, term, Limit(body));
        return Answer.Of(new { Results = found.Users.Select(user => new { UserId = user.User.Value, user.DisplayName, user.AvatarUrl }), found.Limited });
    }

    private static int Limit(JsonElement body)
    {
        if (!body.TryGetProperty("limit", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return LimitDefault;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var limit) && limit >= 0
            ? (int)Math.Clamp(limit, 1, LimitMax)
            : throw new MatrixException(MatrixError.BadJson, "limit must be a non-negative integer");
    }
}
