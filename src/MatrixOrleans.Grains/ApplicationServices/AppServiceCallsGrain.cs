using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>Questions to an application service, each by itself.</summary>
[StatelessWorker, Reentrant]
public sealed partial class AppServiceCallsGrain(ApplicationServiceList services, AppServiceHttp http, TimeProvider time, ILogger<AppServiceCallsGrain> log) : Grain, IAppServiceCallsGrain
{
    /// <summary>Longest piece of a bad answer that is shown to the application service itself.</summary>
    private const int BodyCharsMax = 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async ValueTask<bool> HasUser(UserId user) =>
        (await Ask(HttpMethod.Get, "users/" + Uri.EscapeDataString(user.Value), "/users/" + Uri.EscapeDataString(user.Value)))?.IsSuccess == true;

    public async ValueTask<bool> HasAlias(RoomAlias alias) =>
        (await Ask(HttpMethod.Get, "rooms/" + Uri.EscapeDataString(alias.Value), "/rooms/" + Uri.EscapeDataString(alias.Value)))?.IsSuccess == true;

    public async ValueTask<PingOutcome> Ping(string? transactionId)
    {
        var started = time.GetTimestamp();
        var body = transactionId is null ? "{}"u8.ToArray() : JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["transaction_id"] = transactionId });
        var answer = await Ask(HttpMethod.Post, "ping", null, body);
        var duration = (long)time.GetElapsedTime(started).TotalMilliseconds;
        if (answer is null)
        {
            return new PingOutcome(duration, 0, "");
        }

        var text = answer.IsSuccess ? "" : Encoding.UTF8.GetString(answer.Body.Span);
        return new PingOutcome(duration, answer.Status, text.Length > BodyCharsMax ? text[..BodyCharsMax] : text);
    }

    public async ValueTask<ReadOnlyMemory<byte>?> ThirdParty(string pathAndQuery)
    {
        var answer = await Ask(HttpMethod.Get, "thirdparty/" + pathAndQuery, "/_matrix/app/unstable/thirdparty/" + pathAndQuery);
        return answer is { IsSuccess: true } && IsJson(answer.Body) ? (ReadOnlyMemory<byte>?)answer.Body : null;
    }

    private async ValueTask<WebAnswer?> Ask(HttpMethod method, string path, string? legacyPath, ReadOnlyMemory<byte>? body = null)
    {
        if (services.Get(this.GetPrimaryKeyString()) is not { Url: not null } service)
        {
            return null;
        }

        try
        {
            return await http.Send(service, method, path, legacyPath, body, Patience);
        }
        catch (WebException failure)
        {
            NoAnswer(service.Id, failure.Message);
            return null;
        }
    }

    private static bool IsJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonElement.Parse(body.Span).ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "The application service {Service} did not answer: {Reason}")]
    private partial void NoAnswer(string service, string reason);
}
