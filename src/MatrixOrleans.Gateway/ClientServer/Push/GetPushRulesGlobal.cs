using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>All push rules by kind (Client-Server API, <c>GET /pushrules/global/</c>).</summary>
internal static class GetPushRulesGlobal
{
    public static readonly Endpoint Endpoint = new("getPushRulesGlobal", "GET", "/_matrix/client/v3/pushrules/global/", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var rules = JsonElement.Parse((await PushRulePath.User(request).AccountData(null, AccountDataTypes.PushRules)).Span);
        return new Answer(JsonMarshal.GetRawUtf8Value(rules.GetProperty("global")).ToArray());
    }
}
