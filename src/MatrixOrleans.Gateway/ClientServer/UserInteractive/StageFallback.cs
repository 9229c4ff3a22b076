using System.Net;
using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Endpoint = MatrixOrleans.Gateway.Http.Endpoint;

namespace MatrixOrleans.Gateway.ClientServer.UserInteractive;

/// <summary>
/// A web page for each stage, for clients that do not know it (Client-Server API, "Fallback"). The session id is all that the page knows;
/// the session's grain judges the attempt as if it had come with a request.
/// </summary>
internal static class StageFallback
{
    private const string PagePath = "/_matrix/client/v3/auth/{authType}/fallback/web";

    /// <summary>The specification's, word for word: how a client learns that the stage is completed.</summary>
    private const string DoneScript =
        """
        if (window.onAuthDone) {
            window.onAuthDone();
        } else if (window.opener && window.opener.postMessage) {
            window.opener.postMessage("authDone", "*");
        }
        """;

    private static readonly FormOptions FormLimits = new() { ValueCountLimit = 4, KeyLengthLimit = 64, ValueLengthLimit = 4096, BufferBodyLengthLimit = 16 * 1024 };

    private static readonly IReadOnlyDictionary<string, string> Headers = new Dictionary<string, string>
    {
        ["Content-Security-Policy"] =
            $"default-src 'none'; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(DoneScript)))}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ["X-Content-Type-Options"] = "nosniff",
        ["Referrer-Policy"] = "no-referrer",
        ["Cache-Control"] = "no-store",
    };

    public static readonly Endpoint Page = new("authFallback", "GET", PagePath, Access.Anybody, request => ValueTask.FromResult(Form(Field(request), Session(request), null)));

    public static readonly Endpoint Endpoint = new("submitAuthFallback", "POST", PagePath, Access.Anybody, Submit) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Submit(ClientRequest request)
    {
        var (field, session) = (Field(request), Session(request));
        var value = await FormValue(request, field.Name);
        var progress = await request.Grains.GetGrain<IUiaSessionGrain>(session).Attempt(new UiaAttempt
        {
            Stage = request.Path("authType"),
            Password = field.Name == "password" ? value : null,
            Token = field.Name == "token" ? value : null,
        });
        if (progress.IsUnknown)
        {
            throw new MatrixException(MatrixError.NotFound, "The session is unknown or over");
        }

        return progress.Error is null
            ? Html(200, $"<p>Done. You can close this window.</p><script>{DoneScript}</script>")
            : Form(field, session, progress.ErrorText);
    }

    private static async ValueTask<string?> FormValue(ClientRequest request, string name)
    {
        if (!request.Http.Request.HasFormContentType)
        {
            return null;
        }

        try
        {
            var form = await request.Http.Request.ReadFormAsync(FormLimits, request.Aborted);
            return form.TryGetValue(name, out var values) ? values.ToString() : null;
        }
        catch (InvalidDataException)
        {
            throw new MatrixException(MatrixError.TooLarge, "The form is too large");
        }
    }

    private static (string Name, string Input) Field(ClientRequest request) => request.Path("authType") switch
    {
        UiaStage.Password => ("password", """<label>Password <input type="password" name="password" autocomplete="current-password" required></label>"""),
        UiaStage.RegistrationToken => ("token", """<label>Registration token <input name="token" autocomplete="off" required></label>"""),
        UiaStage.Dummy => ("", ""),
        _ => throw new MatrixException(MatrixError.Unrecognized, "There is no such stage"),
    };

    private static string Session(ClientRequest request) => request.Query("session") is { } session && UserInteraction.IsSessionId(session)
        ? session
        : throw new MatrixException(MatrixError.NotFound, "The session is unknown or over");

    private static Answer Form((string Name, string Input) field, string session, string? error) => Html(
        error is null ? 200 : 401,
        $"""{(error is null ? "" : $"<p role=\"alert\">{WebUtility.HtmlEncode(error)}</p>")}<form method="post" action="web?session={session}">{field.Input} <button>Continue</button></form>""");

    private static Answer Html(int status, string body) => new(
        Encoding.UTF8.GetBytes($"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Confirm</title></head><body>{body}</body></html>"), status)
    {
        ContentType = "text/html; charset=utf-8",
        Headers = Headers,
    };
}
