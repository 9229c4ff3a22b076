using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Voip;

/// <summary>
/// Credentials of the TURN servers for calls (Client-Server API, "Voice over IP"): made for the user from the secret that the servers share, or fixed
/// ones. Without TURN servers an empty object, by which clients know.
/// </summary>
internal static class GetTurnServer
{
    public static readonly Endpoint Endpoint = new("getTurnServer", "GET", "/_matrix/client/v3/voip/turnServer", Access.UserOrGuest, Handle);

    private static ValueTask<Answer> Handle(ClientRequest request)
    {
        var turn = request.Options.Turn;
        if (turn.Uris.Count == 0 || (request.Session.IsGuest && !turn.GuestsAllowed))
        {
            return ValueTask.FromResult(Answer.Empty);
        }

        if (turn.SharedSecret is not { } secret)
        {
            return ValueTask.FromResult(Answer.Of(new { turn.Username, turn.Password, turn.Uris, Ttl = turn.LifetimeSeconds }));
        }

        // The form that the common TURN servers take: the user name begins with the second at which it ends.
        var username = $"{request.Time.GetUtcNow().ToUnixTimeSeconds() + turn.LifetimeSeconds}:{request.User.Value}";
#pragma warning disable CA5350 // The TURN servers' protocol has SHA-1.
        var password = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));
#pragma warning restore CA5350
        return ValueTask.FromResult(Answer.Of(new { Username = username, Password = password, turn.Uris, Ttl = turn.LifetimeSeconds }));
    }
}
