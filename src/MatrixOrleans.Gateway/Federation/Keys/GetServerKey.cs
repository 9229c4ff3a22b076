using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Keys;

/// <summary>The keys of the tenant that the request's host names.</summary>
internal static class GetServerKey
{
    public static readonly ServerEndpoint Endpoint = new("getServerKey", "GET", "/_matrix/key/v2/server", ServerAccess.Anybody, Handle)
    {
        // Before v1.6 a key could be named; all keys are the answer all the same.
        AlsoPaths = ["/_matrix/key/v2/server/{keyId}"],
    };

    private static async ValueTask<Answer> Handle(ServerRequest request) => new(await request.Grains.GetGrain<IServerKeysGrain>(0).Own(request.Destination));
}
