using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Sets a field of one's profile (Client-Server API, "Profiles").</summary>
internal static class SetProfileField
{
    public static readonly Endpoint Endpoint = new("setProfileField", "PUT", "/_matrix/client/v3/profile/{userId}/{keyName}", Access.UserOrGuest, Handle)
    {
        WhileSuspended = false,
        Rate = RateClass.Send,
        AlsoPaths = ["/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot change the profile of other users");
        var key = request.Path("keyName");
        RefuseGuests(request, key);
        var propagation = Propagation(request);
        var body = await request.JsonObject();
        if (!body.TryGetProperty(key, out var value))
        {
            throw new MatrixException(MatrixError.MissingParam, $"The body must have the property {key}");
        }

        await user.SetProfileField(key, JsonMarshal.GetRawUtf8Value(value).ToArray(), propagation);
        return Answer.Empty;
    }

    /// <summary>Guests may change their display name and nothing else (Client-Server API, "Guest Access").</summary>
    internal static void RefuseGuests(ClientRequest request, string key)
    {
        if (request.Session.IsGuest && key != "displayname")
        {
            throw new MatrixException(MatrixError.GuestAccessForbidden, "Guests may only change their display name");
        }
    }

    /// <summary>Clients may ask not to send member events to every room (MSC4069, MSC4466).</summary>
    internal static ProfilePropagation Propagation(ClientRequest request)
    {
        if (!request.QueryFlag("org.matrix.msc4069.propagate", missing: true))
        {
            return ProfilePropagation.None;
        }

        return request.Query("computer.gingershaped.msc4466.propagate_to") switch
        {
            null or "all" => ProfilePropagation.All,
            "unchanged" => ProfilePropagation.Unchanged,
            "none" => ProfilePropagation.None,
            _ => throw new MatrixException(MatrixError.InvalidParam, "propagate_to must be all, unchanged or none"),
        };
    }
}
