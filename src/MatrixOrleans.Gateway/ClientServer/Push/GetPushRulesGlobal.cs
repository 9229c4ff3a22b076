using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>All push rules by kind (Client-Server API, <c>GET /pushrules/global/</c>), or, as before the specification, those of one kind.</summary>
internal static class GetPushRulesGlobal
{
    public static readonly Endpoint Endpoint = new("getPushRulesGlobal", "GET", "/_matrix/client/v3/pushrules/global/", Access.User, Handle)
    {
        AlsoPaths = ["/_matrix/client/v3/pushrules/global/{kind}/"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var rules = JsonElement.Parse((await PushRulePath.User(request).AccountData(null, AccountDataTypes.PushRules)).Span);
        var global = rules.GetProperty("global");
        if (request.Path("kind") is { Length: > 0 } kind)
        {
            global = PushRuleKinds.TryParse(kind, out _) && global.TryGetProperty(kind, out var ofKind)
                ? ofKind
                : throw new MatrixException(MatrixError.InvalidParam, "There is no such kind of push rules");
        }

        return new Answer(JsonMarshal.GetRawUtf8Value(global).ToArray());
    }
}
