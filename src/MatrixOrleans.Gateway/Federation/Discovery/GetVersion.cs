using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Discovery;

internal static class GetVersion
{
    public static readonly ServerEndpoint Endpoint = new("getVersion", "GET", "/_matrix/federation/v1/version", ServerAccess.Anybody, Handle);

    private static readonly string Version = typeof(GetVersion).Assembly.GetName().Version?.ToString(3) ?? "0";

    private static ValueTask<Answer> Handle(ServerRequest request) => ValueTask.FromResult(Answer.Of(new { Server = new { Name = "MatrixOrleans", Version } }));
}
