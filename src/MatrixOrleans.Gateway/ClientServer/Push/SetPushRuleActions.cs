using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>Sets what a push rule does, also one of the server.</summary>
internal static class SetPushRuleActions
{
    public static readonly Endpoint Endpoint = new("setPushRuleActions", "PUT", PushRulePath.Template + "/actions", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = JsonMarshal.GetRawUtf8Value(await request.JsonObject()).ToArray();
        await PushRulePath.User(request).ChangePushRule(PushRulePath.Change(request, PushRuleEdit.Actions) with { Body = body });
        return Answer.Empty;
    }
}
