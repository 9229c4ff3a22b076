using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>Adds or changes a push rule (Client-Server API, <c>PUT /pushrules/global/{kind}/{ruleId}</c>).</summary>
internal static class SetPushRule
{
    public static readonly Endpoint Endpoint = new("setPushRule", "PUT", PushRulePath.Template, Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = JsonMarshal.GetRawUtf8Value(await request.JsonObject()).ToArray();
        await PushRulePath.User(request).ChangePushRule(
            PushRulePath.Change(request, PushRuleEdit.Set) with { Body = body, Before = request.Query("before"), After = request.Query("after") });
        return Answer.Empty;
    }
}
