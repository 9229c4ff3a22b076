using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Reads a filter back (Client-Server API, "Filtering").</summary>
internal static class GetFilter
{
    public static readonly Endpoint Endpoint = new("getFilter", "GET", "/_matrix/client/v3/user/{userId}/filter/{filterId}", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request) =>
        new(await OwnAccount.Of(request, "Cannot get filters for other users").Filter(request.Path("filterId")));
}
