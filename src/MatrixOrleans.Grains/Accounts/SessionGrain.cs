using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Keys;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>Tokens, straight from storage.</summary>
[StatelessWorker, Reentrant]
internal sealed class SessionGrain(Database database, TimeProvider time, ISessionInvalidations invalidations, LogDebts debts) : Grain, ISessionGrain
{
    /// <summary>How long an access token that ended is still known, so that its client hears of a soft logout and not of a log-out.</summary>
    private const long ExpiredKeptMs = 24 * 60 * 60 * 1000L;

    public async ValueTask<Session?> Find(byte[] tokenHash)
    {
        if (await database.Tokens.Find(TokenKind.Access, tokenHash) is not (var token, var account) || account.Deactivated)
        {
            return null;
        }

        var isExpired = token.ExpiresMs <= Now();
        if (!isExpired && token.Parent is not null)
        {
            await database.Tokens.Used(token);
        }

        return new Session
        {
            User = token.UserId,
            DeviceId = token.DeviceId.Length == 0 ? null : token.DeviceId,
            IsGuest = account.Guest,
            IsAdmin = account.Admin,
            IsLocked = account.Locked,
            IsSuspended = account.Suspended,
            ExpiresAtMs = token.ExpiresMs,
            IsExpired = isExpired,
        };
    }

    public async ValueTask<OpenedSession> Refresh(byte[] refreshTokenHash, long accessTokenMs)
    {
        var (access, refresh, now) = (Token.Access(), Token.Refresh(), Now());
        var old = await database.Writer.Execute(async (session, _) =>
        {
            // Looked at again under the account's lock: a log-out may have come first.
            if (await TokenStore.Find(session, TokenKind.Refresh, refreshTokenHash) is not { } found
                || await AccountStore.Lock(session, found.UserId) is not { Deactivated: false } account
                || await TokenStore.Find(session, TokenKind.Refresh, refreshTokenHash) is not { } token)
            {
                throw new MatrixException(MatrixError.UnknownToken, "Unknown refresh token");
            }

            if (account.Locked)
            {
                throw LogInRules.Locked();
            }

            await TokenStore.Used(session, token);
            await TokenStore.RemoveExpired(session, token.UserId, token.DeviceId, now - ExpiredKeptMs);
            await TokenStore.Add(session, new TokenRow(TokenKind.Access, access.Hash, token.UserId, token.DeviceId, now, now + accessTokenMs, refreshTokenHash));
            await TokenStore.Add(session, new TokenRow(TokenKind.Refresh, refresh.Hash, token.UserId, token.DeviceId, now, null, refreshTokenHash));
            return token;
        });
        return new OpenedSession
        {
            User = old.UserId,
            DeviceId = old.DeviceId,
            AccessToken = access.Text,
            RefreshToken = refresh.Text,
            ExpiresInMs = accessTokenMs,
        };
    }

    public async ValueTask<OpenedSession> LogInWithToken(byte[] loginTokenHash, SessionRequest request)
    {
        var (opening, now) = (new SessionOpening(request), Now());
        var user = await database.Writer.Execute(async (session, _) =>
        {
            var owner = await TokenStore.TakeLogin(session, loginTokenHash, now) ?? throw new MatrixException(MatrixError.Forbidden, "The login token is not valid");
            LogInRules.Check(await AccountStore.Lock(session, owner));
            if (await opening.Write(session, owner, now))
            {
                // The user's other devices show it.
                await LogDebtStore.Add(session, owner, LogDebtKind.DeviceList);
            }

            return owner;
        });

        // Tokens of the device may have ended.
        invalidations.Publish(user);
        await debts.Settle(user);
        return opening.Opened(user);
    }

    public async Task Saw(IReadOnlyList<DeviceSighting> sightings) =>
        await database.Devices.Seen([.. sightings.OrderBy(seen => seen.User).ThenBy(seen => seen.DeviceId, StringComparer.Ordinal).Select(seen => new DeviceRow(seen.User, seen.DeviceId, null, 0, seen.AtMs, seen.Address, seen.UserAgent))]);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
