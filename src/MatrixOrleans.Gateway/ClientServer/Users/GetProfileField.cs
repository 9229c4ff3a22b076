using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>One field of a user's profile (Client-Server API, "Profiles").</summary>
internal static class GetProfileField
{
    public static readonly Endpoint Endpoint = new("getProfileField", "GET", "/_matrix/client/v3/profile/{userId}/{keyName}", Access.Anybody, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var key = request.Path("keyName");
        var value = await request.Grains.GetGrain<IUserGrain>(OwnAccount.Named(request).Value).ProfileField(key);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName(key);
            writer.WriteRawValue(value.Span, skipInputValidation: true);
            writer.WriteEndObject();
        });
    }
}
