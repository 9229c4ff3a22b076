using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>
/// An account of one of this cluster's homeservers; key: user id. It holds nothing in memory: every answer is the database's.
/// All refusals are <see cref="Protocol.Errors.MatrixException"/>.
/// </summary>
[Alias("IAccountGrain")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <returns><c>null</c> when there never was such an account; deactivated ones are told.</returns>
    [Alias("Find")]
    ValueTask<AccountInfo?> Find();

    /// <summary>Makes the account and, when the command asks for one, its first session, in one transaction.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_USER_IN_USE, M_FORBIDDEN (the registration token ended meanwhile).</exception>
    [Alias("Register")]
    ValueTask<OpenedSession?> Register(RegisterCommand command);

    /// <summary>Turns the guest into a full account (Client-Server API, "Guest Access").</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN when it is no guest.</exception>
    [Alias("Upgrade")]
    ValueTask<OpenedSession?> Upgrade(RegisterCommand command);

    /// <summary>Whether it is the password. Takes as long for unknown users and for accounts without one.</summary>
    [Alias("CheckPassword")]
    ValueTask<bool> CheckPassword(string password);

    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN, M_USER_DEACTIVATED, M_USER_LOCKED.</exception>
    [Alias("LogIn")]
    ValueTask<OpenedSession> LogIn(string password, SessionRequest request);

    /// <summary>Opens a session for an application service whose user this is.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN, M_USER_DEACTIVATED, M_USER_LOCKED.</exception>
    [Alias("LogInWithoutPassword")]
    ValueTask<OpenedSession> LogInWithoutPassword(SessionRequest request);

    /// <summary>Makes a device without a session (Application Service API, "Device management").</summary>
    /// <returns>False when it was there already.</returns>
    [Alias("MakeDevice")]
    ValueTask<bool> MakeDevice(string deviceId, string? displayName);

    /// <summary>Makes a token with which somebody can log in once as this user.</summary>
    /// <param name="lifetimeMs">How long it is good, in milliseconds.</param>
    [Alias("MakeLoginToken")]
    ValueTask<string> MakeLoginToken(long lifetimeMs);

    /// <param name="keepDeviceId">With <paramref name="logOutOthers"/>: the device that stays; <c>null</c> for none.</param>
    [Alias("ChangePassword")]
    ValueTask ChangePassword(string password, bool logOutOthers, string? keepDeviceId);

    /// <summary>Ends the account for good: no password, sessions, devices; leaves every room.</summary>
    /// <param name="erase">Its account data and profile go as well, and its events are served redacted to those who join later.</param>
    [Alias("Deactivate")]
    ValueTask Deactivate(bool erase);

    [Alias("SetLocked")]
    ValueTask SetLocked(bool locked);

    [Alias("SetSuspended")]
    ValueTask SetSuspended(bool suspended);

    [Alias("Devices")]
    ValueTask<IReadOnlyList<DeviceInfo>> Devices();

    /// <param name="displayName"><c>null</c>: the name stays; only looks whether the device is there.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND</exception>
    [Alias("RenameDevice")]
    ValueTask RenameDevice(string deviceId, string? displayName);

    /// <summary>Removes devices with their sessions and keys; unknown ones are passed over.</summary>
    [Alias("DeleteDevices")]
    ValueTask DeleteDevices([Immutable] IReadOnlyList<string> deviceIds);

    /// <summary>Removes every device, and the sessions that have none.</summary>
    [Alias("DeleteAllDevices")]
    ValueTask DeleteAllDevices();

    /// <summary>Ends one access token that has no device.</summary>
    [Alias("DeleteToken")]
    ValueTask DeleteToken([Immutable] byte[] tokenHash);
}
