using MatrixOrleans.Gateway.ClientServer.Accounts;
using MatrixOrleans.Gateway.ClientServer.Admin;
using MatrixOrleans.Gateway.ClientServer.Discovery;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer;

/// <summary>Every operation that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class Routes
{
    public static readonly IReadOnlyList<Endpoint> All =
    [
        .. Discovery,
        .. Accounts,
        .. Admin,
    ];

    private static IEnumerable<Endpoint> Discovery =>
    [
        GetVersions.Endpoint,
        GetWellknown.Endpoint,
        GetWellknownSupport.Endpoint,
        GetCapabilities.Endpoint,
    ];

    private static IEnumerable<Endpoint> Accounts =>
    [
        GetLoginFlows.Endpoint,
        Login.Endpoint,
        GenerateLoginToken.Endpoint,
        Refresh.Endpoint,
        Logout.Endpoint,
        LogoutAll.Endpoint,
        Register.Endpoint,
        CheckUsernameAvailability.Endpoint,
        RegistrationTokenValidity.Endpoint,
        GetTokenOwner.Endpoint,
        ChangePassword.Endpoint,
        DeactivateAccount.Endpoint,
        GetDevices.Endpoint,
        GetDevice.Endpoint,
        UpdateDevice.Endpoint,
        DeleteDevice.Endpoint,
        DeleteDevices.Endpoint,
        StageFallback.Page,
        StageFallback.Endpoint,
    ];

    private static IEnumerable<Endpoint> Admin =>
    [
        GetAdminLockUser.Endpoint,
        SetAdminLockUser.Endpoint,
        GetAdminSuspendUser.Endpoint,
        SetAdminSuspendUser.Endpoint,
        GetWhoIs.Endpoint,
        AdminRegister.Nonce,
        AdminRegister.Endpoint,
    ];
}
