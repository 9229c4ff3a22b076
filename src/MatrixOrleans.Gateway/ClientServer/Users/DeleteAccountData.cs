using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Deletes account data, global or of a room (MSC3391).</summary>
internal static class DeleteAccountData
{
    private const string Prefix = "/_matrix/client/unstable/org.matrix.msc3391/user/{userId}/";

    public static readonly Endpoint Endpoint = new("deleteAccountData (MSC3391)", "DELETE", Prefix + "account_data/{type}", Access.User, async request =>
    {
        await OwnAccount.Of(request, "Cannot delete account data of other users").DeleteAccountData(null, request.Path("type"));
        return Answer.Empty;
    });

    public static readonly Endpoint OfRoom = new("deleteAccountDataPerRoom (MSC3391)", "DELETE", Prefix + "rooms/{roomId}/account_data/{type}", Access.User, async request =>
    {
        await OwnAccount.Of(request, "Cannot delete account data of other users").DeleteAccountData(request.RoomId, request.Path("type"));
        return Answer.Empty;
    });
}
