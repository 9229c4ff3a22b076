using System.Collections.Concurrent;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.Http;

/// <summary>
/// Sessions of application services: their token stands for every user of their namespace (Application Service API, "Identity assertion"). What is known
/// of the users is remembered for seconds.
/// </summary>
public sealed class AppServiceSessions : IDisposable
{
    private const int EntriesMax = 100_000;

    private readonly ApplicationServiceList _services;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keep;
    private readonly ConcurrentDictionary<(string Service, UserId User, string? Device), (Session Session, long Since)> _entries = new();
    private readonly IDisposable _subscription;

    public AppServiceSessions(ApplicationServiceList services, IGrainFactory grains, TimeProvider time, GatewayOptions options, ISessionInvalidations invalidations)
    {
        (_services, _grains, _time, _keep) = (services, grains, time, TimeSpan.FromSeconds(options.SessionCacheSeconds));
        _subscription = invalidations.Subscribe(user =>
        {
            foreach (var key in _entries.Keys.Where(key => key.User == user))
            {
                _entries.TryRemove(key, out _);
            }
        });
    }

    /// <summary>The session that a request has by the token of an application service; <c>null</c> when the token is none.</summary>
    /// <exception cref="MatrixException">M_FORBIDDEN for a user who is not of the namespace, or not registered; M_UNKNOWN_DEVICE</exception>
    public async ValueTask<Session?> Find(string accessToken, HttpRequest http)
    {
        if (_services.OfToken(accessToken) is not { } service)
        {
            return null;
        }

        var user = service.Sender;
        if (http.Query["user_id"].ToString() is { Length: > 0 } named && (!UserId.TryParse(named, out user) || !service.IsMine(user)))
        {
            throw new MatrixException(MatrixError.Forbidden, "The application service may not act as this user");
        }

        var device = http.Query["device_id"].ToString() is { Length: > 0 } id ? id
            : http.Query["org.matrix.msc3202.device_id"].ToString() is { Length: > 0 } unstable ? unstable
            : null;
        var key = (service.Id, user, device);
        var now = _time.GetTimestamp();
        if (_entries.TryGetValue(key, out var known) && _time.GetElapsedTime(known.Since, now) < _keep)
        {
            return known.Session;
        }

        var session = await Open(service, user, device);
        if (_entries.Count >= EntriesMax)
        {
            _entries.Clear();
        }

        _entries[key] = (session, now);
        return session;
    }

    public void Dispose() => _subscription.Dispose();

    private async ValueTask<Session> Open(ApplicationService service, UserId user, string? device)
    {
        var account = _grains.GetGrain<IAccountGrain>(user.Value);
        var info = await account.Find();
        if (info is null && user == service.Sender)
        {
            info = await Make(service, account);
        }

        if (info is null || info.IsDeactivated)
        {
            throw new MatrixException(MatrixError.Forbidden, info is null ? "The application service has not registered this user" : "This account has been deactivated");
        }

        if (device is not null && !(await account.Devices()).Any(known => known.DeviceId == device))
        {
            throw new MatrixException(MatrixError.UnknownDevice, "The user has no such device");
        }

        return new Session
        {
            User = user,
            DeviceId = device,
            IsLocked = info.IsLocked,
            IsSuspended = info.IsSuspended,
            AppServiceId = service.Id,
            IsUnlimited = !service.IsRateLimited || user == service.Sender,
        };
    }

    /// <summary>The user of the application service itself needs no registration.</summary>
    private static async ValueTask<AccountInfo?> Make(ApplicationService service, IAccountGrain account)
    {
        try
        {
            await account.Register(new RegisterCommand { AppServiceId = service.Id });
        }
        catch (MatrixException taken) when (taken.Code == MatrixError.UserInUse)
        {
            // Another request made it at the same time.
        }

        return await account.Find();
    }
}
