using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>Removes a push rule of the user's own.</summary>
internal static class DeletePushRule
{
    public static readonly Endpoint Endpoint = new("deletePushRule", "DELETE", PushRulePath.Template, Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        await PushRulePath.User(request).ChangePushRule(PushRulePath.Change(request, PushRuleEdit.Remove));
        return Answer.Empty;
    }
}
