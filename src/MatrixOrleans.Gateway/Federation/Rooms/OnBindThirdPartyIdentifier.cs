using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.Federation.Rooms;

/// <summary>Identity servers sign no requests: what they bring is signed itself.</summary>
internal static class OnBindThirdPartyIdentifier
{
    public static readonly ServerEndpoint Endpoint = new("onBindThirdPartyIdentifier", "PUT", "/_matrix/federation/v1/3pid/onbind", ServerAccess.Anybody, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var body = request.JsonObject;
        var user = Asked.UserId(JsonMembers.Text(body, "mxid") ?? throw new MatrixException(MatrixError.MissingParam, "mxid is missing"));
        var invites = JsonMembers.Array(body, "invites", Asked.IdsMax);
        await request.Grains.GetGrain<IInvitedGrain>(0).Bound(
            user, invites is { } list ? [.. list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object).Select(Asked.Raw)] : []);
        return Answer.Empty;
    }
}
