using System.Security.Cryptography;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>
/// A session that is about to be opened: its secrets are made before the transaction, which may run more than once, and the transaction
/// stores what belongs to them.
/// </summary>
internal sealed class SessionOpening
{
    private const int DeviceIdChars = 10;
    private const string DeviceIdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private readonly SessionRequest _request;
    private readonly string _deviceId;
    private readonly Token _access = Token.Access();
    private readonly Token? _refresh;

    public SessionOpening(SessionRequest request)
    {
        _request = request;
        _deviceId = request.DeviceId ?? RandomNumberGenerator.GetString(DeviceIdAlphabet, DeviceIdChars);
        _refresh = request.AccessTokenMs is null ? null : Token.Refresh();
    }

    /// <summary>
    /// Stores device and tokens. "If the client sets the device_id, the server will invalidate any access and refresh tokens previously
    /// assigned to that device."
    /// </summary>
    /// <returns>Whether the device is new.</returns>
    public async ValueTask<bool> Write(WriteSession session, UserId user, long nowMs)
    {
        if (await CrossSigningStore.HasKey(session, user, _deviceId))
        {
            // "Servers must ensure that device IDs will not collide with cross-signing public keys."
            throw new MatrixException(MatrixError.InvalidParam, "This device id is a key of the user");
        }

        await DehydratedDeviceStore.Wake(session, user, _deviceId);
        await TokenStore.RemoveOfDevice(session, user, _deviceId);
        var isNew = await DeviceStore.Put(session, new DeviceRow(user, _deviceId, _request.DisplayName, nowMs, nowMs, _request.Address, _request.UserAgent));
        await TokenStore.Add(session, new TokenRow(TokenKind.Access, _access.Hash, user, _deviceId, nowMs, nowMs + _request.AccessTokenMs));
        if (_refresh is { } refresh)
        {
            await TokenStore.Add(session, new TokenRow(TokenKind.Refresh, refresh.Hash, user, _deviceId, nowMs, null));
        }

        return isNew;
    }

    public OpenedSession Opened(UserId user) => new()
    {
        User = user,
        DeviceId = _deviceId,
        AccessToken = _access.Text,
        RefreshToken = _refresh?.Text,
        ExpiresInMs = _request.AccessTokenMs,
    };
}
