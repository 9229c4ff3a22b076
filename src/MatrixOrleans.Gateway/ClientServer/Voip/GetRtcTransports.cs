using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Voip;

/// <summary>Over which media servers calls of groups can go (MSC4143).</summary>
internal static class GetRtcTransports
{
    public static readonly Endpoint Endpoint = new(
        "getRtcTransports",
        "GET",
        "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports",
        Access.User,
        request => ValueTask.FromResult(Answer.Of(new { RtcTransports = Of(request.Options) })));

    public static IReadOnlyList<object> Of(GatewayOptions options) =>
        [.. options.LivekitServiceUrls.Select(url => new { Type = "livekit", LivekitServiceUrl = url })];
}
