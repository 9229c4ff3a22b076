using System.Collections.Concurrent;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MatrixOrleans.Gateway.Http;

/// <summary>
/// Runs one operation: works out who asks, checks that they may, counts the rate limit, calls the operation and writes its answer.
/// Refusals become errors in <see cref="ErrorHandler"/>, and only there.
/// </summary>
public sealed class EndpointRunner(
    IGrainFactory grains, GatewayOptions options, SessionCache sessions, AppServiceSessions appServices, RateLimits limits, DeviceActivity activity)
{
    /// <summary>Times that a request is made anew while its room moves.</summary>
    private const int AttemptsMax = 6;

    private static readonly ConcurrentDictionary<string, (int Index, string Name)[]> PathNames = new();

    private readonly GrainReferences _grains = new(grains);

    public async Task Run(Endpoint endpoint, HttpContext http)
    {
        var (session, hash) = endpoint.Access == Access.Anybody ? (null, null) : await Authenticate(endpoint, http.Request);
        var request = new ClientRequest(http, _grains, options, Tenant(session, http.Request), session, PathValues(http), hash);
        if (session is not null)
        {
            activity.Saw(session, request.RemoteAddress, request.UserAgent);
        }

        if (endpoint.Rate != RateClass.None && session?.IsUnlimited != true)
        {
            limits.Count(endpoint.Rate, session?.User.Value ?? request.RemoteAddress);
        }

        await WriteTo(http.Response, await Handle(endpoint, request));
    }

    /// <summary>A room that just moved to another place refused everything in flight: the request is made anew, with the same transaction id.</summary>
    private static async ValueTask<Answer> Handle(Endpoint endpoint, ClientRequest request)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await endpoint.Handle(request);
            }
            catch (MatrixException moved) when (moved.Code == MatrixError.RoomMoved && attempt < AttemptsMax)
            {
                // The activation that was refused may still be on its way out.
                await Task.Delay(TimeSpan.FromMilliseconds(10 << attempt), request.Time, request.Aborted);
            }
        }
    }

    internal static async Task WriteTo(HttpResponse response, Answer answer)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Status == StatusCodes.Status304NotModified ? null : answer.WriteBody is null ? answer.Body.Length : answer.BodyLength;
        if (answer.Headers is not null)
        {
            foreach (var (name, value) in answer.Headers)
            {
                response.Headers[name] = value;
            }
        }

        if (answer.WriteBody is { } write)
        {
            await write(response.Body, response.HttpContext.RequestAborted);
            return;
        }

        if (answer.Body.IsEmpty)
        {
            // No length for a status without a body, and no type for what is not there.
            response.ContentType = null;
            response.ContentLength = answer.Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified ? null : 0;
            return;
        }

        await response.Body.WriteAsync(answer.Body, response.HttpContext.RequestAborted);
    }

    private async ValueTask<(Session? Session, byte[]? Hash)> Authenticate(Endpoint endpoint, HttpRequest http)
    {
        var token = Token(http);
        if (string.IsNullOrEmpty(token))
        {
            return endpoint.Access is Access.Optional or Access.OptionalUser ? (null, null) : throw new MatrixException(MatrixError.MissingToken, "Missing access token");
        }

        var session = await appServices.Find(token, http) ?? await sessions.Find(token) ?? throw new MatrixException(MatrixError.UnknownToken, "Unknown access token");
        if (session.IsExpired)
        {
            throw new MatrixException(MatrixError.UnknownToken, "The access token has expired") { SoftLogout = true };
        }

        if (session.IsLocked && endpoint.Access != Access.EvenLocked)
        {
            throw new MatrixException(MatrixError.UserLocked, "This account has been locked") { SoftLogout = true };
        }

        if (session.IsGuest && endpoint.Access is Access.User or Access.OptionalUser or Access.Admin)
        {
            throw new MatrixException(MatrixError.GuestAccessForbidden, "Guests may not do this");
        }

        if (session.IsSuspended && !endpoint.WhileSuspended)
        {
            throw new MatrixException(MatrixError.UserSuspended, "This account has been suspended");
        }

        if (endpoint.Access == Access.Admin && !session.IsAdmin)
        {
            throw new MatrixException(MatrixError.Forbidden, "Only server administrators may do this");
        }

        return (session, SessionCache.Hash(token));
    }

    private string? Token(HttpRequest http) => Token(http, options);

    /// <summary>The access token of a request; null or empty without one.</summary>
    internal static string? Token(HttpRequest http, GatewayOptions options)
    {
        var header = http.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return header[7..].Trim();
        }

        return options.QueryTokens ? http.Query["access_token"].ToString() : null;
    }

    private ServerName Tenant(Session? session, HttpRequest http) => session?.User.ServerName ?? ByHost(options, http.Host);

    /// <summary>The homeserver with this name; else the one whose clients are told this address; else the one with this name but for the port.</summary>
    internal static ServerName ByHost(GatewayOptions options, HostString asked)
    {
        var (hostAndPort, host) = (asked.Value ?? "", asked.Host);
        foreach (var tenant in options.Tenants)
        {
            if (tenant.Value == hostAndPort)
            {
                return tenant;
            }
        }

        foreach (var tenant in options.Tenants)
        {
            if (options.PublicBaseUrls.TryGetValue(tenant.Value, out var url) && Uri.TryCreate(url, UriKind.Absolute, out var address)
                && (address.Authority == hostAndPort || address.Host == host))
            {
                return tenant;
            }
        }

        foreach (var tenant in options.Tenants)
        {
            if (tenant.Host == host)
            {
                return tenant;
            }
        }

        return options.Tenants[0];
    }

    /// <summary>
    /// Path parameters from the raw request line: the server's own decoding leaves <c>%2F</c> as it is, and event ids and state keys may hold a slash.
    /// </summary>
    internal static Dictionary<string, string> PathValues(HttpContext http)
    {
        var raw = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var names = PathNames.GetOrAdd(((Microsoft.AspNetCore.Routing.RouteEndpoint)http.GetEndpoint()!).RoutePattern.RawText!, NamesOf);
        var values = new Dictionary<string, string>(4);
        var query = raw.IndexOf('?');
        var (at, index) = (0, 0);
        foreach (var segment in (query < 0 ? raw : raw.AsSpan(0, query)).Split('/'))
        {
            if (at < names.Length && names[at].Index == index)
            {
                values[names[at++].Name] = Uri.UnescapeDataString(raw.AsSpan(segment));
            }

            index++;
        }

        return values;
    }

    /// <summary>Which segments of a route are parameters.</summary>
    private static (int Index, string Name)[] NamesOf(string route) =>
        [.. route.Split('/').Select((segment, index) => (index, segment)).Where(s => s.segment.StartsWith('{')).Select(s => (s.index, s.segment.Trim('{', '}', '?', '*')))];
}
