using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>
/// Makes accounts for whoever knows the shared secret, administrators among them, by the protocol that the tools of other homeservers speak:
/// a nonce is fetched, and <c>nonce NUL user NUL password NUL admin|notadmin [NUL user_type]</c> comes back with its HMAC-SHA1 under the secret.
/// </summary>
/// <remarks>
/// A nonce carries its time and its own HMAC, so that any gateway can tell it. Taking one twice within its minute does no harm:
/// the same message asks for the same user, whom there is by then.
/// </remarks>
[SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "The protocol's; HMAC-SHA1 is not broken.")]
internal static class AdminRegister
{
    public static readonly Endpoint Nonce = new("adminRegisterNonce", "GET", "/_synapse/admin/v1/register", Access.Anybody, request =>
        ValueTask.FromResult(Answer.Of(new { Nonce = MakeNonce(Secret(request), Now(request)) })))
    {
        Rate = RateClass.Login,
    };

    public static readonly Endpoint Endpoint = new("adminRegister", "POST", "/_synapse/admin/v1/register", Access.Anybody, Handle) { Rate = RateClass.Login };

    private const int NonceSeconds = 60;
    private const int TimeBytes = 8;
    private const int RandomBytes = 16;

    internal static string MakeNonce(byte[] secret, long nowSeconds)
    {
        Span<byte> nonce = stackalloc byte[TimeBytes + RandomBytes + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, nowSeconds);
        RandomNumberGenerator.Fill(nonce.Slice(TimeBytes, RandomBytes));
        HMACSHA256.HashData(secret, nonce[..(TimeBytes + RandomBytes)], nonce[(TimeBytes + RandomBytes)..]);
        return Convert.ToHexStringLower(nonce);
    }

    internal static bool IsNonce(byte[] secret, string text, long nowSeconds)
    {
        Span<byte> nonce = stackalloc byte[TimeBytes + RandomBytes + HMACSHA256.HashSizeInBytes];
        if (text.Length != nonce.Length * 2 || Convert.FromHexString(text, nonce, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        var mac = HMACSHA256.HashData(secret, nonce[..(TimeBytes + RandomBytes)]);
        var age = nowSeconds - BinaryPrimitives.ReadInt64BigEndian(nonce);
        return CryptographicOperations.FixedTimeEquals(mac, nonce[(TimeBytes + RandomBytes)..]) && age is >= 0 and <= NonceSeconds;
    }

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var secret = Secret(request);
        var body = await request.Body<Body>();
        if (!IsNonce(secret, Needed(body.Nonce, "nonce"), Now(request)))
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(400), "The nonce is unknown or too old");
        }

        var username = Needed(body.Username, "username");
        var password = Password.Check(body.Password);
        if (username.Contains('\0') || password.Contains('\0'))
        {
            throw new MatrixException(MatrixError.InvalidParam, "Neither username nor password may contain NUL");
        }

        var message = $"{body.Nonce}\0{username}\0{password}\0{(body.Admin == true ? "admin" : "notadmin")}{(body.UserType is { } type ? "\0" + type : "")}";
        var expected = Convert.ToHexStringLower(HMACSHA1.HashData(secret, Encoding.UTF8.GetBytes(message)));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(Needed(body.Mac, "mac").ToLowerInvariant())))
        {
            throw new MatrixException(MatrixError.Forbidden, "HMAC incorrect");
        }

        var user = await Username.Free(request, username);
        var session = await request.Grains.GetGrain<IAccountGrain>(user.Value).Register(new RegisterCommand
        {
            Password = password,
            IsAdmin = body.Admin == true,
            DisplayName = body.Displayname,
            Session = body.InhibitLogin == true ? null : SessionAnswer.Request(request, null, null, refreshable: false),
        });
        return session is null ? SessionAnswer.Of(user) : SessionAnswer.Of(request, session);
    }

    private static byte[] Secret(ClientRequest request) => string.IsNullOrEmpty(request.Options.RegistrationSharedSecret)
        ? throw new MatrixException(MatrixError.Unknown.WithStatus(400), "Shared secret registration is not enabled")
        : Encoding.UTF8.GetBytes(request.Options.RegistrationSharedSecret);

    private static long Now(ClientRequest request) => request.Time.GetUtcNow().ToUnixTimeSeconds();

    private static string Needed(string? value, string name) => value ?? throw new MatrixException(MatrixError.MissingParam, $"{name} is missing");

    private sealed record Body(string? Nonce, string? Username, string? Password, string? Displayname, bool? Admin, string? UserType, bool? InhibitLogin, string? Mac);
}
