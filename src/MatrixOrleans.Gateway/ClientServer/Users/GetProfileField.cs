using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>One field of a user's profile (Client-Server API, "Profiles").</summary>
internal static class GetProfileField
{
    public static readonly Endpoint Endpoint = new("getProfileField", "GET", "/_matrix/client/v3/profile/{userId}/{keyName}", Access.Optional, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var key = request.Path("keyName");
        var user = OwnAccount.Named(request);
        if (OwnAccount.IsElsewhere(request, user))
        {
            var profile = await request.Grains.GetGrain<IRemoteQueriesGrain>(0).Profile(request.Tenant, user, key);
            return JsonElement.Parse(profile.Span).TryGetProperty(key, out _) ? new Answer(profile) : throw new MatrixException(MatrixError.NotFound, "The profile has no such field");
        }

        var value = await request.Grains.GetGrain<IUserGrain>(user.Value).ProfileField(key);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName(key);
            writer.WriteRawValue(value.Span, skipInputValidation: true);
            writer.WriteEndObject();
        });
    }
}
