using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Makes an account: of a user, or of a guest.</summary>
internal static class Register
{
    public static readonly Endpoint Endpoint = new("register", "POST", "/_matrix/client/v3/register", Access.Anybody, Handle) { Rate = RateClass.Login };

    private const string Operation = "POST /register";

    private static ValueTask<Answer> Handle(ClientRequest request) => request.Query("kind") switch
    {
        null or "user" => User(request),
        "guest" => Guest(request),
        _ => throw new MatrixException(MatrixError.InvalidParam, "kind must be user or guest"),
    };

    /// <summary>Everything in the body but the device's name is ignored (Client-Server API, <c>POST /register</c>).</summary>
    private static async ValueTask<Answer> Guest(ClientRequest request)
    {
        var body = await request.Body<GuestBody>(optional: true);
        if (!request.Options.GuestsAllowed)
        {
            throw new MatrixException(MatrixError.Forbidden, "Guests may not register here");
        }

        var user = UserId.Parse($"@{RandomNumberGenerator.GetString("0123456789", 20)}:{request.Tenant}");
        var session = await request.Grains.GetGrain<IAccountGrain>(user.Value).Register(new RegisterCommand
        {
            IsGuest = true,
            Session = SessionAnswer.Request(request, null, body.InitialDeviceDisplayName, refreshable: false),
        });
        return SessionAnswer.Of(request, session!);
    }

    private static async ValueTask<Answer> User(ClientRequest request)
    {
        var json = await request.JsonObject();
        if (RequestBody.Read<Body>(json) is { Type: UiaStage.ApplicationService } byService)
        {
            return await ByApplicationService(request, byService);
        }

        if (request.Options.Registration == RegistrationMode.Closed)
        {
            throw new MatrixException(MatrixError.Forbidden, "Registration is closed");
        }

        if (await UserInteraction.Finished(request, Operation, json) is { } again)
        {
            return again;
        }

        // "Homeservers MUST perform the relevant checks ... before performing User-Interactive Authentication."
        await Check(request, RequestBody.Read<Body>(json));

        var confirmation = await UserInteraction.Confirm(request, Operation, json, request.Options.Registration == RegistrationMode.Token
            ? [[UiaStage.RegistrationToken]]
            : [[UiaStage.Dummy]]);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        var body = RequestBody.Read<Body>(confirmation.Parameters);
        var (user, isGuest) = await Check(request, body);
        var command = new RegisterCommand
        {
            Password = Password.Check(body.Password),
            RegistrationToken = confirmation.RegistrationToken,
            Session = body.InhibitLogin == true ? null : SessionAnswer.Request(request, body.DeviceId, body.InitialDeviceDisplayName, body.RefreshToken == true),
        };
        var account = request.Grains.GetGrain<IAccountGrain>(user.Value);
        var session = isGuest ? await account.Upgrade(command) : await account.Register(command);
        return await confirmation.End(session is null ? SessionAnswer.Of(user) : SessionAnswer.Of(request, session));
    }

    /// <summary>Without password and user-interactive authentication (Application Service API, "Server admin style permissions").</summary>
    private static async ValueTask<Answer> ByApplicationService(ClientRequest request, Body body)
    {
        var service = request.RequireAppService();
        var user = await Username.Free(request, body.Username ?? throw new MatrixException(MatrixError.MissingParam, "username is missing"), service);
        var session = await request.Grains.GetGrain<IAccountGrain>(user.Value).Register(new RegisterCommand
        {
            AppServiceId = service.Id,
            Session = body.InhibitLogin == true ? null : SessionAnswer.Request(request, body.DeviceId, body.InitialDeviceDisplayName, body.RefreshToken == true),
        });
        return session is null ? SessionAnswer.Of(user) : SessionAnswer.Of(request, session);
    }

    /// <summary>The account to make; or the guest to turn into a full account (Client-Server API, "Guest Access").</summary>
    private static async ValueTask<(UserId User, bool IsGuest)> Check(ClientRequest request, Body body)
    {
        if (body.GuestAccessToken is { } guestToken)
        {
            var guest = await request.Grains.GetGrain<ISessionGrain>(0).Find(SessionCache.Hash(guestToken));
            if (guest is not { IsGuest: true, IsLocked: false } || guest.User.ServerName != request.Tenant)
            {
                throw new MatrixException(MatrixError.Forbidden, "guest_access_token is not of a guest");
            }

            return guest.User.Localpart == body.Username
                ? (guest.User, true)
                : throw new MatrixException(MatrixError.InvalidUsername, "username must be the guest's");
        }

        var user = body.Username is { } username
            ? await Username.Free(request, username)
            : UserId.Parse($"@{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 12)}:{request.Tenant}");
        return (user, false);
    }

    private sealed record GuestBody(string? InitialDeviceDisplayName);

    private sealed record Body(
        string? Type,
        string? Username,
        string? Password,
        string? DeviceId,
        string? InitialDeviceDisplayName,
        bool? InhibitLogin,
        bool? RefreshToken,
        string? GuestAccessToken);
}
