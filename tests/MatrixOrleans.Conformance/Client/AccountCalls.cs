using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Client;

/// <summary>Registration and login, as most tests want them.</summary>
public static class AccountCalls
{
    /// <summary>Registers by the dummy stage and remembers the new identity.</summary>
    public static async Task<TestClient> Register(this TestClient client, string username)
    {
        JsonElement challenge = (await client.Post($"/v3/register", new { username, password = client.Password })).Body;
        string session = challenge.Str("session");
        Answer answer = await client.Post($"/v3/register", new { username, password = client.Password, auth = new { type = "m.login.dummy", session } });
        return client.Became(answer.Ok());
    }

    /// <summary>Makes an administrator with the shared secret and remembers the new identity.</summary>
    public static async Task<TestClient> RegisterAdmin(this TestClient client)
    {
        string nonce = (await client.Get($"/_synapse/admin/v1/register")).Ok().Str("nonce");
        string username = $"admin-{Guid.NewGuid():N}"[..20];
        byte[] message = Encoding.UTF8.GetBytes($"{nonce}\0{username}\0{client.Password}\0admin");
#pragma warning disable CA5350 // The protocol of shared-secret registration is HMAC-SHA1.
        string mac = Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(new ServerOptions().SharedSecret), message));
#pragma warning restore CA5350
        return client.Became((await client.Post($"/_synapse/admin/v1/register", new { nonce, username, password = client.Password, admin = true, mac })).Ok());
    }

    /// <summary>Logs in by password and remembers the new identity.</summary>
    public static async Task<TestClient> Login(this TestClient client, string userId, string? deviceId = null)
    {
        object body = deviceId is null
            ? new { type = "m.login.password", identifier = new { type = "m.id.user", user = userId }, password = client.Password }
            : new { type = "m.login.password", identifier = new { type = "m.id.user", user = userId }, password = client.Password, device_id = deviceId };
        return client.Became((await client.Post($"/v3/login", body)).Ok());
    }

    /// <summary>A second device of the same user.</summary>
    public static Task<TestClient> SecondDevice(this TestClient client) => client.Another().Login(client.UserId);

    /// <summary>Repeats a request with the password stage of user-interactive authentication. <paramref name="send"/> gets the <c>auth</c> object, null at first.</summary>
    public static async Task<Answer> WithPassword(this TestClient client, Func<object?, Task<Answer>> send)
    {
        Answer first = await send(null);
        if (first.Status != 401 || !first.Body.Has("session"))
        {
            return first;
        }
        return await send(new { type = "m.login.password", identifier = new { type = "m.id.user", user = client.UserId }, password = client.Password, session = first.Body.Str("session") });
    }
}
