using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.Discovery;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>What <c>/login</c> and <c>/register</c> answer, and what they ask for.</summary>
internal static class SessionAnswer
{
    public static Answer Of(ClientRequest request, OpenedSession session) => Answer.Of(new
    {
        UserId = session.User.Value,
        session.AccessToken,
        session.DeviceId,
        session.RefreshToken,
        session.ExpiresInMs,
        HomeServer = session.User.ServerName.Value,
        WellKnown = GetWellknown.Of(request.Options, session.User.ServerName),
    });

    /// <summary>For an account that was made without logging in.</summary>
    public static Answer Of(UserId user) => Answer.Of(new { UserId = user.Value, HomeServer = user.ServerName.Value });

    /// <exception cref="MatrixException">M_INVALID_PARAM: the device id or its name is too long.</exception>
    public static SessionRequest Request(ClientRequest request, string? deviceId, string? displayName, bool refreshable)
    {
        CheckDeviceId(deviceId);
        CheckDisplayName(displayName);
        return new SessionRequest
        {
            DeviceId = deviceId,
            DisplayName = displayName,
            AccessTokenMs = refreshable ? request.Options.AccessTokenMinutes * 60_000L : null,
            Address = request.RemoteAddress,
            UserAgent = request.UserAgent,
        };
    }

    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static void CheckDeviceId(string? deviceId)
    {
        if (deviceId is { Length: 0 or > SessionRequest.DeviceIdCharsMax })
        {
            throw new MatrixException(MatrixError.InvalidParam, $"device_id must have 1 to {SessionRequest.DeviceIdCharsMax} characters");
        }
    }

    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static void CheckDisplayName(string? displayName)
    {
        if (displayName?.Length > SessionRequest.DisplayNameCharsMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"The display name of a device has at most {SessionRequest.DisplayNameCharsMax} characters");
        }
    }
}
