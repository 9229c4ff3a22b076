using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>Switches a push rule on or off.</summary>
internal static class SetPushRuleEnabled
{
    public static readonly Endpoint Endpoint = new("setPushRuleEnabled", "PUT", PushRulePath.Template + "/enabled", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        if (!body.TryGetProperty("enabled", out var enabled))
        {
            throw new MatrixException(MatrixError.MissingParam, "enabled is missing");
        }

        if (enabled.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new MatrixException(MatrixError.BadJson, "enabled must be true or false");
        }

        await PushRulePath.User(request).ChangePushRule(PushRulePath.Change(request, enabled.GetBoolean() ? PushRuleEdit.Enable : PushRuleEdit.Disable));
        return Answer.Empty;
    }
}
