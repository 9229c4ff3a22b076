using System.Text.Json;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>What a push rule does.</summary>
internal static class GetPushRuleActions
{
    public static readonly Endpoint Endpoint = new("getPushRuleActions", "GET", PushRulePath.Template + "/actions", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var rule = JsonElement.Parse((await PushRulePath.Rule(request)).Span);
        return Answer.Of(new { actions = rule.GetProperty("actions") });
    }
}
