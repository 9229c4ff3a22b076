using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Opens a session by password or by login token.</summary>
internal static class Login
{
    public static readonly Endpoint Endpoint = new("login", "POST", "/_matrix/client/v3/login", Access.Anybody, Handle) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.Body<Body>();
        var session = body.Type switch
        {
            UiaStage.Password => await ByPassword(request, body),
            "m.login.token" => await request.Grains.GetGrain<ISessionGrain>(0).LogInWithToken(
                SessionCache.Hash(body.Token ?? throw new MatrixException(MatrixError.MissingParam, "token is missing")),
                Request(request, body)),
            UiaStage.ApplicationService => await ByApplicationService(request, body),
            null => throw new MatrixException(MatrixError.MissingParam, "type is missing"),
            _ => throw new MatrixException(MatrixError.Unknown.WithStatus(400), "Bad login type"),
        };
        return SessionAnswer.Of(request, session);
    }

    private static ValueTask<OpenedSession> ByPassword(ClientRequest request, Body body)
    {
        var who = UserIdentifier.Read(request, body.Identifier, body.User);
        if (who.IsMissing && body is { Medium: null, Address: null })
        {
            throw new MatrixException(MatrixError.MissingParam, "identifier is missing");
        }

        var password = body.Password ?? throw new MatrixException(MatrixError.MissingParam, "password is missing");
        if (who.User is not { } user)
        {
            throw new MatrixException(MatrixError.Forbidden, "Wrong user or password");
        }

        return request.Grains.GetGrain<IAccountGrain>(user.Value).LogIn(password, Request(request, body));
    }

    /// <summary>As any user of its namespace (Application Service API, "Server admin style permissions").</summary>
    private static ValueTask<OpenedSession> ByApplicationService(ClientRequest request, Body body)
    {
        var service = request.RequireAppService();
        var user = UserIdentifier.Read(request, body.Identifier, body.User).User ?? throw new MatrixException(MatrixError.MissingParam, "identifier is missing");
        return service.IsMine(user)
            ? request.Grains.GetGrain<IAccountGrain>(user.Value).LogInWithoutPassword(Request(request, body))
            : throw new MatrixException(MatrixError.Exclusive, "The application service may only log in as users of its namespace");
    }

    private static SessionRequest Request(ClientRequest request, Body body) =>
        SessionAnswer.Request(request, body.DeviceId, body.InitialDeviceDisplayName, body.RefreshToken == true);

    private sealed record Body(
        string? Type,
        JsonElement? Identifier,
        string? User,
        string? Medium,
        string? Address,
        string? Password,
        string? Token,
        string? DeviceId,
        string? InitialDeviceDisplayName,
        bool? RefreshToken);
}
