using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Federation.Queries;

/// <summary>The profile of a user of the asked tenant.</summary>
internal static class QueryProfile
{
    public static readonly ServerEndpoint Endpoint = new("queryProfile", "GET", "/_matrix/federation/v1/query/profile", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var user = LocalUser.Of(request, request.Query("user_id"), "user_id");
        var profile = JsonElement.Parse((await request.Grains.GetGrain<IUserGrain>(user.Value).Profile()).Span);
        var field = request.Query("field");
        if (field is not null && !profile.TryGetProperty(field, out _) && field is not ("displayname" or "avatar_url"))
        {
            throw new MatrixException(MatrixError.NotFound, "The profile has no such field");
        }

        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (var member in profile.EnumerateObject().Where(member => field is null || member.NameEquals(field)))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        });
    }
}
