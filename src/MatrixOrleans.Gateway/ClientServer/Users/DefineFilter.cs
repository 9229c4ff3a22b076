using System.Runtime.InteropServices;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Keeps a filter for later requests (Client-Server API, "Filtering").</summary>
internal static class DefineFilter
{
    public static readonly Endpoint Endpoint = new("defineFilter", "POST", "/_matrix/client/v3/user/{userId}/filter", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot create filters for other users");
        var filter = await request.JsonObject();
        return Answer.Of(new { FilterId = await user.DefineFilter(JsonMarshal.GetRawUtf8Value(filter).ToArray()) });
    }
}
