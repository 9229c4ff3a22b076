using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Removes a field of one's profile (Client-Server API, "Profiles").</summary>
internal static class DeleteProfileField
{
    public static readonly Endpoint Endpoint = new("deleteProfileField", "DELETE", "/_matrix/client/v3/profile/{userId}/{keyName}", Access.UserOrGuest, Handle)
    {
        WhileSuspended = false,
        Rate = RateClass.Send,
        AlsoPaths = ["/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot change the profile of other users");
        var key = request.Path("keyName");
        SetProfileField.RefuseGuests(request, key);
        await user.SetProfileField(key, null, SetProfileField.Propagation(request));
        return Answer.Empty;
    }
}
