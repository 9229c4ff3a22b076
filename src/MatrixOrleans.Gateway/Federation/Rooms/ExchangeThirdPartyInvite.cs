using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class ExchangeThirdPartyInvite
{
    public static readonly ServerEndpoint Endpoint = new("exchangeThirdPartyInvite", "PUT", "/_matrix/federation/v1/exchange_third_party_invite/{roomId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        await request.Resident().Exchange(request.Asker(), Asked.Raw(request.JsonObject));
        return Answer.Empty;
    }
}
