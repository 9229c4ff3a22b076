using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>One push rule.</summary>
internal static class GetPushRule
{
    public static readonly Endpoint Endpoint = new("getPushRule", "GET", PushRulePath.Template, Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request) => new(await PushRulePath.Rule(request));
}
