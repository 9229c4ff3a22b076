using System.Text.Json;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>Whether a push rule is on.</summary>
internal static class IsPushRuleEnabled
{
    public static readonly Endpoint Endpoint = new("isPushRuleEnabled", "GET", PushRulePath.Template + "/enabled", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var rule = JsonElement.Parse((await PushRulePath.Rule(request)).Span);
        return Answer.Of(new { enabled = rule.GetProperty("enabled") });
    }
}
