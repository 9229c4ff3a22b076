using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Keys;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>
/// An account. It remembers nothing, and what must hold together is decided in one transaction; so its calls may interleave and two
/// activations do no harm.
/// </summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
internal sealed class AccountGrain(Database database, TimeProvider time, PasswordHasher passwords, ISessionInvalidations invalidations, AccountClosing closing, LogDebts debts) : Grain, IAccountGrain
{
    private UserId User => UserId.Parse(this.GetPrimaryKeyString());

    public async ValueTask<AccountInfo?> Find()
    {
        var account = await database.Accounts.Get(User);
        return account is null
            ? null
            : new AccountInfo
            {
                IsAdmin = account.Admin,
                IsGuest = account.Guest,
                IsLocked = account.Locked,
                IsSuspended = account.Suspended,
                IsDeactivated = account.Deactivated,
            };
    }

    public async ValueTask<OpenedSession?> Register(RegisterCommand command)
    {
        var now = Now();
        var account = new AccountRow(User, await Hash(command.Password), now, Admin: command.IsAdmin, Guest: command.IsGuest, AppServiceId: command.AppServiceId);
        var session = await Make(command, now, async write =>
        {
            if (!await AccountStore.Create(write, account))
            {
                throw new MatrixException(MatrixError.UserInUse, "This username is taken");
            }
        });
        if (command.DisplayName is { } name)
        {
            await database.Writer.Append(new AppendUnit { Users = [new ProfileSet(User.Value, "displayname", JsonSerializer.SerializeToUtf8Bytes(name))] });
        }

        return session;
    }

    public async ValueTask<OpenedSession?> Upgrade(RegisterCommand command)
    {
        var hash = await Hash(command.Password);
        var session = await Make(command, Now(), async write =>
        {
            if (!await AccountStore.Upgrade(write, User, hash))
            {
                throw new MatrixException(MatrixError.Forbidden, "This is no guest's account");
            }
        });
        invalidations.Publish(User);
        return session;
    }

    public async ValueTask<bool> CheckPassword(string password)
    {
        var account = await database.Accounts.Get(User);
        return await passwords.Verify(password, account?.PasswordHash) && account is { Deactivated: false };
    }

    public async ValueTask<OpenedSession> LogIn(string password, SessionRequest request)
    {
        var hash = (await database.Accounts.Get(User))?.PasswordHash;
        if (!await passwords.Verify(password, hash))
        {
            throw LogInRules.Wrong();
        }

        var (opening, now) = (new SessionOpening(request), Now());
        await database.Writer.Execute(async (session, _) =>
        {
            // Hashing took its time: a password that was changed meanwhile opens nothing.
            var account = LogInRules.Check(await AccountStore.Lock(session, User));
            if (account.PasswordHash != hash)
            {
                throw LogInRules.Wrong();
            }

            if (await opening.Write(session, User, now))
            {
                // The user's other devices show it.
                await LogDebtStore.Add(session, User, LogDebtKind.DeviceList);
            }

            return 0;
        });
        invalidations.Publish(User);
        await debts.Settle(User);
        if (passwords.IsOutdated(hash!))
        {
            await database.Accounts.ReplacePasswordHash(User, hash!, await passwords.Hash(password));
        }

        return opening.Opened(User);
    }

    public async ValueTask<OpenedSession> LogInWithoutPassword(SessionRequest request)
    {
        var (opening, now) = (new SessionOpening(request), Now());
        await database.Writer.Execute(async (session, _) =>
        {
            LogInRules.Check(await AccountStore.Lock(session, User));
            if (await opening.Write(session, User, now))
            {
                await LogDebtStore.Add(session, User, LogDebtKind.DeviceList);
            }

            return 0;
        });
        invalidations.Publish(User);
        await debts.Settle(User);
        return opening.Opened(User);
    }

    public async ValueTask<bool> MakeDevice(string deviceId, string? displayName)
    {
        var now = Now();
        var isNew = await database.Writer.Execute(async (session, _) =>
        {
            LogInRules.Check(await AccountStore.Lock(session, User));
            var added = await DeviceStore.Put(session, new DeviceRow(User, deviceId, displayName, now));
            if (added)
            {
                await LogDebtStore.Add(session, User, LogDebtKind.DeviceList);
            }

            return added;
        });
        if (isNew)
        {
            await debts.Settle(User);
        }

        return isNew;
    }

    public async ValueTask<string> MakeLoginToken(long lifetimeMs)
    {
        var token = Token.LogIn();
        await database.Tokens.AddLogin(token.Hash, User, Now() + lifetimeMs);
        return token.Text;
    }

    public async ValueTask ChangePassword(string password, bool logOutOthers, string? keepDeviceId)
    {
        var hash = await passwords.Hash(password);
        var removed = await database.Writer.Execute(async (session, _) =>
        {
            if (!await AccountStore.SetPassword(session, User, hash))
            {
                throw new MatrixException(MatrixError.NotFound, "No such user");
            }

            return logOutOthers ? await DeviceStore.RemoveAll(session, User, keepDeviceId) : [];
        });
        await SessionsChanged(removed);
    }

    public async ValueTask Deactivate(bool erase)
    {
        if (!await database.Accounts.Deactivate(User, erase))
        {
            throw new MatrixException(MatrixError.NotFound, "No such user");
        }

        invalidations.Publish(User);
        await closing.Close(User, erase);
    }

    public ValueTask SetLocked(bool locked) => Set(AccountFlag.Locked, locked);

    public ValueTask SetSuspended(bool suspended) => Set(AccountFlag.Suspended, suspended);

    public async ValueTask<IReadOnlyList<DeviceInfo>> Devices() =>
        [.. (await database.Devices.OfUser(User)).Select(device => new DeviceInfo
        {
            DeviceId = device.DeviceId,
            DisplayName = device.DisplayName,
            LastSeenIp = device.LastSeenIp,
            LastSeenMs = device.LastSeenMs,
            LastSeenAgent = device.LastSeenAgent,
        })];

    public async ValueTask RenameDevice(string deviceId, string? displayName)
    {
        var exists = displayName is null
            ? await database.Devices.Get(User, deviceId) is not null
            : await database.Devices.Rename(User, deviceId, displayName);
        if (!exists)
        {
            throw new MatrixException(MatrixError.NotFound, "No such device");
        }

        if (displayName is not null)
        {
            await debts.Settle(User);
        }
    }

    public async ValueTask DeleteDevices(IReadOnlyList<string> deviceIds) => await SessionsChanged(await database.Devices.Remove(User, deviceIds));

    public async ValueTask DeleteAllDevices() => await SessionsChanged(await database.Devices.RemoveAll(User));

    public async ValueTask DeleteToken(byte[] tokenHash)
    {
        await database.Tokens.Remove(tokenHash);
        invalidations.Publish(User);
    }

    /// <summary>One transaction: the registration token's use, the account, the session.</summary>
    private async ValueTask<OpenedSession?> Make(RegisterCommand command, long now, Func<WriteSession, ValueTask> account)
    {
        var opening = command.Session is { } wanted ? new SessionOpening(wanted) : null;
        await database.Writer.Execute(async (session, _) =>
        {
            if (command.RegistrationToken is { } token && !await RegistrationTokenStore.Use(session, token, now))
            {
                throw new MatrixException(MatrixError.Forbidden, "The registration token is not valid any more");
            }

            await account(session);
            if (opening is not null)
            {
                await opening.Write(session, User, now);
            }

            return 0;
        });
        return opening?.Opened(User);
    }

    private async ValueTask<string?> Hash(string? password) => password is null ? null : await passwords.Hash(password);

    private async ValueTask Set(AccountFlag flag, bool value)
    {
        if (!await database.Accounts.Set(User, flag, value))
        {
            throw new MatrixException(MatrixError.NotFound, "No such user");
        }

        invalidations.Publish(User);
    }

    private async ValueTask SessionsChanged(IReadOnlyList<string> removedDevices)
    {
        invalidations.Publish(User);
        if (removedDevices.Count > 0)
        {
            await debts.Settle(User);
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
