using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Search;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>Full-text search in the user's rooms (Client-Server API, "Server Side Search").</summary>
internal static class Search
{
    public static readonly Endpoint Endpoint = new("search", "POST", "/_matrix/client/v3/search", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = JsonMarshal.GetRawUtf8Value(await request.JsonObject()).ToArray();
        return new Answer(await request.Grains.GetGrain<ISearchGrain>(0).Search(EventArrays.Viewer(request), body, request.Query("next_batch")));
    }
}
