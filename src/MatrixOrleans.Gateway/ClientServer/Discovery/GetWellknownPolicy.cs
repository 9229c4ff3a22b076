using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Discovery;

/// <summary>The public keys of the policy server of the same name (Client-Server API, "Policy Servers").</summary>
internal static class GetWellknownPolicy
{
    public static readonly Endpoint Endpoint = new("getWellknownPolicy", "GET", "/.well-known/matrix/policy_server", Access.Anybody, request =>
        request.Options.PolicyServerKeys.TryGetValue(request.Tenant.Value, out var key)
            ? ValueTask.FromResult(Answer.Of(new { PublicKeys = new Dictionary<string, string> { ["ed25519"] = key } }))
            : throw new MatrixException(MatrixError.NotFound, "There is no policy server of this name"));
}
