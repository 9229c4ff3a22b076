using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Federation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Keys;

/// <summary>
/// Fetches one server's keys. Those who ask while a fetch is under way wait for it; after one, the next may begin only after a pause that grows while the
/// server fails, so that junk signed with keys that do not exist costs a request a minute.
/// </summary>
[Reentrant, CollectionAgeLimit(Minutes = 15)]
public sealed partial class RemoteServerGrain(Database database, IFederationClient federation, IServiceProvider services, FederationOptions options, TimeProvider time, ILogger<RemoteServerGrain> log)
    : Grain, IRemoteServerGrain
{
    private const int AnswerBytesMax = 256 * 1024;

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PauseFirst = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(30);

    private Task? _fetching;
    private DateTimeOffset _notBefore;
    private int _failures;

    private ServerName Server => ServerName.Parse(this.GetPrimaryKeyString());

    public Task FetchKeys(ServerName asker, string? keyId)
    {
        if (_fetching is { } fetching)
        {
            return fetching;
        }

        return time.GetUtcNow() < _notBefore ? Task.CompletedTask : _fetching = Fetch(asker, keyId);
    }

    private async Task Fetch(ServerName asker, string? keyId)
    {
        // The field is set before this may end.
        await Task.Yield();
        try
        {
            var done = await Direct(asker, keyId) || await ByNotaries(asker, keyId);
            _failures = done ? 0 : Math.Min(_failures + 1, 16);
        }
        finally
        {
            var pause = PauseFirst * Math.Pow(2, Math.Max(_failures - 1, 0));
            _notBefore = time.GetUtcNow() + (pause < PauseMax ? pause : PauseMax);
            _fetching = null;
        }
    }

    /// <returns>Whether the key was there.</returns>
    private async Task<bool> Direct(ServerName asker, string? keyId)
    {
        try
        {
            var answer = await federation.Send(new FederationCall(asker, Server, HttpMethod.Get, "/_matrix/key/v2/server") { Signed = false, Timeout = FetchTimeout, BytesMax = AnswerBytesMax });
            if (ServerKeys.Read(answer, Server, out var fault) is not { } keys)
            {
                LogUnbelievable(log, Server, Server, fault);
                return false;
            }

            await Save(keys, answer, isDirect: true);
            return keyId is null || keys.Keys.Any(key => key.KeyId == keyId);
        }
        catch (FederationException failure)
        {
            LogFailure(log, failure.Message);
            return false;
        }
    }

    private async Task<bool> ByNotaries(ServerName asker, string? keyId)
    {
        foreach (var notary in options.Notaries.Where(notary => notary != Server))
        {
            try
            {
                var answer = await federation.Send(new FederationCall(asker, notary, HttpMethod.Post, "/_matrix/key/v2/query", Question(keyId)) { Timeout = FetchTimeout, BytesMax = AnswerBytesMax });
                if (await Read(asker, notary, answer, keyId))
                {
                    return true;
                }
            }
            catch (FederationException failure)
            {
                LogFailure(log, failure.Message);
            }
        }

        return false;
    }

    /// <summary>A notary's word counts when the notary signed it, and the server too.</summary>
    private async Task<bool> Read(ServerName asker, ServerName notary, byte[] answer, string? keyId)
    {
        var found = false;
        JsonElement root;
        try
        {
            root = JsonElement.Parse(answer);
        }
        catch (JsonException)
        {
            LogUnbelievable(log, Server, notary, "not JSON");
            return false;
        }

        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("server_keys"u8, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var entry in list.EnumerateArray().Take(ServerKeysWanted.ServersMax))
        {
            var json = Encoding.UTF8.GetBytes(entry.GetRawText());
            if (ServerKeys.Read(json, Server, out var fault) is not { } keys)
            {
                LogUnbelievable(log, Server, notary, fault);
                continue;
            }

            // The ring asks this kind of grain: it is taken from the container late.
            if (!await services.GetRequiredService<IKeyRing>().Verify(asker, notary, json, time.GetUtcNow().ToUnixTimeMilliseconds()))
            {
                LogUnbelievable(log, Server, notary, "not signed by the notary");
                continue;
            }

            await Save(keys, json, isDirect: false);
            found |= keyId is null || keys.Keys.Any(key => key.KeyId == keyId);
        }

        return found;
    }

    private Task Save(ServerKeys keys, byte[] json, bool isDirect)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var validUntil = Math.Min(keys.ValidUntilMs, now + ServerKeyTimes.ValidMsMax);
        return database.ServerKeys.Save(
            [.. keys.Keys.Select(key => new ServerKeyRow(Server, key.KeyId, key.PublicKey, validUntil, key.ExpiredMs))],
            Server,
            new ServerKeyAnswer(json, validUntil, now),
            isDirect);
    }

    private ReadOnlyMemory<byte> Question(string? keyId)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("server_keys"u8);
            writer.WriteStartObject(Server.Value);
            if (keyId is not null)
            {
                writer.WriteStartObject(keyId);
                writer.WriteNumber("minimum_valid_until_ts"u8, time.GetUtcNow().ToUnixTimeMilliseconds());
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Keys could not be fetched: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What {Source} says of the keys of {Server} is not believed: {Reason}")]
    private static partial void LogUnbelievable(ILogger log, ServerName server, ServerName source, string reason);
}
