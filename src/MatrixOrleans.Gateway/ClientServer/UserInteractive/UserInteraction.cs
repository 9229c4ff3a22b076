using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.UserInteractive;

/// <summary>
/// The gateway's side of the User-Interactive Authentication API: reads <c>auth</c>, asks the session's grain, and makes the 401.
/// The grain decides; nothing here does.
/// </summary>
internal static class UserInteraction
{
    /// <summary>Confirmation by the account's password.</summary>
    public static readonly IReadOnlyList<string[]> ByPassword = [[UiaStage.Password]];

    private const int SessionIdChars = 32;
    private const string SessionIdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <param name="operation">Method and path with its parameters: what is confirmed.</param>
    /// <param name="body">The request's body with <c>auth</c>, if it has one.</param>
    /// <param name="flows">Lists of stages, one of which must be completed.</param>
    public static async ValueTask<Confirmation> Confirm(ClientRequest request, string operation, JsonElement body, IReadOnlyList<string[]> flows)
    {
        var auth = body.TryGetProperty("auth", out var member) && member.ValueKind != JsonValueKind.Null ? ReadAuth(member) : null;
        var uia = new UiaRequest
        {
            Operation = operation,
            User = request.OptionalSession?.User,
            DeviceId = request.OptionalSession?.DeviceId,
            Flows = flows,
            Parameters = WithoutAuth(body),
            Attempt = auth is null ? null : Attempt(request, auth),
            IsNew = false,
        };

        if (auth?.Session is { } id)
        {
            if (IsSessionId(id))
            {
                var session = request.Grains.GetGrain<IUiaSessionGrain>(id);
                var progress = await session.Submit(uia);
                if (!progress.IsUnknown)
                {
                    return Outcome(session, id, progress, flows);
                }
            }

            var (fresh, freshId) = NewSession(request);
            var begun = await fresh.Submit(uia with { IsNew = true, Attempt = null });
            return Outcome(fresh, freshId, begun with { Error = MatrixError.Forbidden, ErrorText = "The session is unknown, over, or of another request" }, flows);
        }

        // An attempt without a session, as clients make who know the flows by heart, is the first of a new one.
        var (made, madeId) = NewSession(request);
        return Outcome(made, madeId, await made.Submit(uia with { IsNew = true }), flows);
    }

    /// <summary>The answer that the operation got before, when its session has carried it out and the client repeats itself; else <c>null</c>.</summary>
    public static async ValueTask<Answer?> Finished(ClientRequest request, string operation, JsonElement body)
    {
        var repeats = body.TryGetProperty("auth", out var auth) && auth.ValueKind == JsonValueKind.Object && auth.TryGetProperty("session", out var id)
            && id.ValueKind == JsonValueKind.String && IsSessionId(id.GetString()!);
        return repeats && await request.Grains.GetGrain<IUiaSessionGrain>(auth.GetProperty("session").GetString()!).Finished(operation, WithoutAuth(body)) is { } answer
            ? Answer.Text(answer)
            : null;
    }

    public static bool IsSessionId(string text) => text.Length == SessionIdChars && !text.AsSpan().ContainsAnyExcept(SessionIdAlphabet);

    private static (IUiaSessionGrain Session, string Id) NewSession(ClientRequest request)
    {
        var id = RandomNumberGenerator.GetString(SessionIdAlphabet, SessionIdChars);
        return (request.Grains.GetGrain<IUiaSessionGrain>(id), id);
    }

    private static Confirmation Outcome(IUiaSessionGrain session, string id, UiaProgress progress, IReadOnlyList<string[]> flows) => progress.IsDone
        ? new Confirmation(session, progress)
        : new Confirmation(session, progress) { Challenge = Challenge(id, progress, flows) };

    private static Answer Challenge(string session, UiaProgress progress, IReadOnlyList<string[]> flows) => Answer.Of(
        new
        {
            Errcode = progress.Error?.Code,
            Error = progress.ErrorText,
            Flows = flows.Select(stages => new { Stages = stages }),
            Params = new { },
            Session = session,
            Completed = progress.Completed,
        },
        401);

    private static Auth ReadAuth(JsonElement auth) =>
        auth.ValueKind == JsonValueKind.Object ? RequestBody.Read<Auth>(auth) : throw new MatrixException(MatrixError.BadJson, "auth must be an object");

    private static UiaAttempt? Attempt(ClientRequest request, Auth auth)
    {
        if (auth.Type is null)
        {
            // "An auth dict with just the session ID": the stage was completed elsewhere.
            return null;
        }

        var who = auth.Type == UiaStage.Password ? UserIdentifier.Read(request, auth.Identifier, auth.User) : new UserIdentifier();
        return new UiaAttempt
        {
            Stage = auth.Type,
            User = who.User,
            IsUserUnknown = who is { User: null, IsMissing: false },
            Password = auth.Password,
            Token = auth.Token,
        };
    }

    private static string WithoutAuth(JsonElement body)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var member in body.EnumerateObject())
            {
                if (!member.NameEquals("auth"u8))
                {
                    member.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private sealed record Auth(string? Type, string? Session, JsonElement? Identifier, string? User, string? Password, string? Token);
}
