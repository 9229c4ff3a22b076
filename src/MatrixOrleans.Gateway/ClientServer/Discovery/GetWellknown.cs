using MatrixOrleans.Gateway.ClientServer.Voip;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Discovery;

/// <summary>Where clients find the homeserver (Client-Server API, "Well-known URIs").</summary>
internal static class GetWellknown
{
    public static readonly Endpoint Endpoint = new("getWellknown", "GET", "/.well-known/matrix/client", Access.Anybody, request =>
        ValueTask.FromResult(Answer.Of(Of(request.Options, request.Tenant) ?? throw new MatrixException(MatrixError.NotFound, "No discovery information"))));

    /// <summary><c>null</c> when no base URL is configured for the homeserver.</summary>
    public static IReadOnlyDictionary<string, object>? Of(GatewayOptions options, ServerName tenant)
    {
        if (!options.PublicBaseUrls.TryGetValue(tenant.Value, out var url))
        {
            return null;
        }

        var found = new Dictionary<string, object> { ["m.homeserver"] = new { BaseUrl = url } };
        if (options.LivekitServiceUrls.Count > 0)
        {
            found["org.matrix.msc4143.rtc_foci"] = GetRtcTransports.Of(options);
        }

        return found;
    }
}
