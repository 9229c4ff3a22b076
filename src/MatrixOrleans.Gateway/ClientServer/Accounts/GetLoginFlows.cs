using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>By what one can log in.</summary>
internal static class GetLoginFlows
{
    private static readonly Answer Flows = Answer.Of(new
    {
        Flows = (object[])[new { Type = UiaStage.Password }, new { Type = "m.login.token", GetLoginToken = true }, new { Type = UiaStage.ApplicationService }],
    });

    public static readonly Endpoint Endpoint = new("getLoginFlows", "GET", "/_matrix/client/v3/login", Access.Anybody, _ => ValueTask.FromResult(Flows));
}
