using System.Collections.Concurrent;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>Who makes a request (Server-Server API, "Request Authentication"). Keys are remembered for minutes; those that are missing are asked of the grains.</summary>
public sealed class RequestAuthentication(IGrainFactory grains, GatewayOptions options, IFederationPolicies policies, RateLimits limits, TimeProvider time)
{
    private const int KeysMax = 50_000;

    /// <summary>Signatures of one request that are tried: a server with several keys may send several.</summary>
    private const int HeadersMax = 4;

    private static readonly TimeSpan KeyKept = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LivesEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(ServerName Tenant, ServerName Server), long> _told = new();
    private readonly ConcurrentDictionary<(ServerName Server, string KeyId), (VerifyKey Key, long Since)> _keys = new();

    /// <summary>Who asks whom.</summary>
    /// <exception cref="MatrixException">M_UNAUTHORIZED without a good signature, M_FORBIDDEN by policy, M_LIMIT_EXCEEDED.</exception>
    public async ValueTask<(ServerName Origin, ServerName Destination)> Authenticate(HttpRequest request, ReadOnlyMemory<byte>? body)
    {
        var uri = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        foreach (var header in request.Headers.Authorization.Take(HeadersMax))
        {
            if (header is null || !XMatrix.TryParse(header, out var authorization))
            {
                continue;
            }

            var destination = authorization.Destination ?? EndpointRunner.ByHost(options, request.Host);
            if (!options.Tenants.Contains(destination))
            {
                throw Unauthorized($"{destination} is not here");
            }

            if (!policies.Of(destination).Permits(authorization.Origin))
            {
                throw new MatrixException(MatrixError.Forbidden, $"{destination} does not federate with {authorization.Origin}");
            }

            limits.Count(RateClass.Server, authorization.Origin.Value);
            if (await Key(destination, authorization.Origin, authorization.KeyId) is not { } key)
            {
                throw Unauthorized($"No valid key {authorization.KeyId} of {authorization.Origin} could be found");
            }

            if (authorization.IsGood(request.Method, uri, body, key))
            {
                await Lives(destination, authorization.Origin);
                return (authorization.Origin, destination);
            }

            throw Unauthorized($"The signature of {authorization.Origin} with {authorization.KeyId} is not good");
        }

        throw Unauthorized("Missing or malformed X-Matrix authorization");
    }

    private async ValueTask<VerifyKey?> Key(ServerName tenant, ServerName server, string keyId)
    {
        var now = time.GetTimestamp();
        if (_keys.TryGetValue((server, keyId), out var known) && time.GetElapsedTime(known.Since, now) < KeyKept)
        {
            return known.Key;
        }

        var keys = grains.GetGrain<IServerKeysGrain>(0);
        if (await keys.RequestKey(tenant, server, keyId) is not { } raw || VerifyKey.TryImport(raw.Span) is not { } key)
        {
            return null;
        }

        if (_keys.Count >= KeysMax)
        {
            _keys.Clear();
        }

        _keys[(server, keyId)] = (key, now);
        return key;
    }

    /// <summary>Tells once in a while that a server makes requests: what waits for it need not wait longer.</summary>
    private Task Lives(ServerName tenant, ServerName server)
    {
        var now = time.GetTimestamp();
        if (_told.TryGetValue((tenant, server), out var told) && time.GetElapsedTime(told, now) < LivesEvery)
        {
            return Task.CompletedTask;
        }

        if (_told.Count >= KeysMax)
        {
            _told.Clear();
        }

        _told[(tenant, server)] = now;
        return grains.GetGrain<IServerKeysGrain>(0).Lives(tenant, server);
    }

    private static MatrixException Unauthorized(string text) => new(MatrixError.Unauthorized, text);
}
