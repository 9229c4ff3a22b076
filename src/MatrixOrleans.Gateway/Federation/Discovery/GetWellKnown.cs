using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Discovery;

/// <summary>Tells where a tenant's federation is, when it is elsewhere than its name says.</summary>
internal static class GetWellKnown
{
    public static readonly ServerEndpoint Endpoint = new("getWellKnown", "GET", "/.well-known/matrix/server", ServerAccess.Anybody, Handle);

    private static ValueTask<Answer> Handle(ServerRequest request) =>
        request.Options.DelegatedServers.TryGetValue(request.Destination.Value, out var server)
            ? ValueTask.FromResult(Answer.Of(new Dictionary<string, string> { ["m.server"] = server }))
            : throw new MatrixException(MatrixError.NotFound, "No server is delegated to");
}
