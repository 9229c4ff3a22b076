using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Protocol.ApplicationServices;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>Requests to application services, by today's paths and, where those are not known there, by the ones of old (Application Service API, "Legacy routes").</summary>
public sealed class AppServiceHttp(IWebClient web)
{
    private const int AnswerBytesMax = 1024 * 1024;

    /// <param name="path">Below <c>/_matrix/app/v1/</c>, percent-encoded, with its query.</param>
    /// <param name="legacyPath">The path of old; <c>null</c>: there is none.</param>
    /// <exception cref="WebException">There was no answer.</exception>
    public async Task<WebAnswer> Send(
        ApplicationService service, HttpMethod method, string path, string? legacyPath, ReadOnlyMemory<byte>? body = null, TimeSpan? timeout = null)
    {
        var answer = await Once("/_matrix/app/v1/" + path);
        return answer.Status is 404 or 405 or 501 && legacyPath is not null && IsUnrecognized(answer) ? await Once(legacyPath) : answer;

        Task<WebAnswer> Once(string at) => web.Send(new WebCall(method, new Uri(service.Url!.AbsoluteUri.TrimEnd('/') + at), body)
        {
            BearerToken = service.HsToken,
            IsTrusted = true,
            BytesMax = AnswerBytesMax,
            Timeout = timeout ?? TimeSpan.FromSeconds(30),
        });
    }

    /// <summary>An application service that knows the path says what it does not find by an error of its own.</summary>
    private static bool IsUnrecognized(WebAnswer answer) =>
        !answer.Body.Span.StartsWith("{"u8) || answer.Body.Span.IndexOf("M_UNRECOGNIZED"u8) >= 0;
}
