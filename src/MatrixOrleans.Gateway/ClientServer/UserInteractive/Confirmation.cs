using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.UserInteractive;

/// <summary>What came of asking for confirmation: a challenge to answer with, or leave to go on.</summary>
internal sealed class Confirmation(IUiaSessionGrain session, UiaProgress progress)
{
    /// <summary>The 401 to answer; <c>null</c> when the operation is confirmed.</summary>
    public Answer? Challenge { get; init; }

    /// <summary>The parameters that were confirmed.</summary>
    public JsonElement Parameters => JsonElement.Parse(progress.Parameters);

    /// <summary>Who confirmed: by password, or else by the access token.</summary>
    public UserId? User => progress.User;

    public string? RegistrationToken => progress.RegistrationToken;

    /// <summary>The operation is carried out with this answer; the same request is answered so again for a while.</summary>
    public async ValueTask<Answer> End(Answer answer)
    {
        await session.Finish(Encoding.UTF8.GetString(answer.Body.Span));
        return answer;
    }

    /// <summary>The operation is carried out.</summary>
    public ValueTask End() => session.End();
}
