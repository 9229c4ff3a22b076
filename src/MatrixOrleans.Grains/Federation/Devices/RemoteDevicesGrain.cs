using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Federation;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Devices;

/// <summary>
/// Keys of other servers' users: from the lists that are kept of those with whom a room is shared, as long as no update was missed; else from their servers, each asked
/// once and all at the same time. What a server says of users of others, or of users that it was not asked for, is dropped.
/// </summary>
[StatelessWorker, Reentrant]
public sealed class RemoteDevicesGrain(Database database, IFederationClient federation) : Grain, IRemoteDevicesGrain
{
    private const long AnswerBytesMax = 16 * 1024 * 1024;

    /// <summary>Servers that one request makes us ask.</summary>
    private const int ServersMax = 1000;

    /// <summary>Servers that are asked at once.</summary>
    private const int ServersAtOnce = 20;

    /// <summary>Users of one server whose whole lists are fetched, to be kept, in one request.</summary>
    private const int ListsMax = 50;

    private static readonly string[] Members = ["device_keys", "master_keys", "self_signing_keys"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = CanonicalJson.DepthMax };

    public async ValueTask<ReadOnlyMemory<byte>> Query(UserId asker, IReadOnlyDictionary<UserId, IReadOnlyList<string>> wanted, int timeoutMs)
    {
        var answer = new Gathered(Members);
        await EachServer(wanted, user => user.Key, answer, async (server, users) =>
        {
            var unknown = new List<KeyValuePair<UserId, IReadOnlyList<string>>>();
            foreach (var user in users)
            {
                if (await database.RemoteDevices.List(user.Key) is { IsStale: false } list && await database.RemoteDevices.SharesRoom(user.Key))
                {
                    Add(answer, user.Key, user.Value, list, await database.RemoteDevices.Devices(user.Key));
                }
                else
                {
                    unknown.Add(user);
                }
            }

            var once = new List<KeyValuePair<UserId, IReadOnlyList<string>>>();
            foreach (var user in unknown)
            {
                var isKept = unknown.Count <= ListsMax && await database.RemoteDevices.SharesRoom(user.Key)
                    && await Fetch(asker, user.Key, timeoutMs) is { } fetched && Add(answer, user.Key, user.Value, fetched.List, fetched.Devices);
                if (!isKept)
                {
                    once.Add(user);
                }
            }

            if (once.Count > 0)
            {
                var body = JsonSerializer.SerializeToUtf8Bytes(new { device_keys = once.ToDictionary(user => user.Key.Value, user => user.Value) });
                var said = await Ask(asker, server, HttpMethod.Post, "/_matrix/federation/v1/user/keys/query", body, timeoutMs);
                foreach (var name in Members)
                {
                    foreach (var user in once)
                    {
                        if (Of(said, name, user.Key.Value) is { } entry)
                        {
                            answer.Add(name, user.Key.Value, name == "device_keys" ? Sound(user.Key, entry) : entry);
                        }
                    }
                }
            }
        });
        return answer.Write();
    }

    public async ValueTask<ReadOnlyMemory<byte>> Claim(UserId asker, IReadOnlyList<OneTimeKeyWanted> wanted, int timeoutMs)
    {
        var answer = new Gathered(["one_time_keys"]);
        await EachServer(wanted, claim => claim.User, answer, async (server, claims) =>
        {
            var users = claims.GroupBy(claim => claim.User.Value).ToDictionary(user => user.Key, user => user.DistinctBy(claim => claim.DeviceId).ToDictionary(claim => claim.DeviceId, claim => claim.Algorithm));
            var said = await Ask(asker, server, HttpMethod.Post, "/_matrix/federation/v1/user/keys/claim", JsonSerializer.SerializeToUtf8Bytes(new { one_time_keys = users }), timeoutMs);
            foreach (var user in users)
            {
                if (Of(said, "one_time_keys", user.Key) is { } devices)
                {
                    answer.Add("one_time_keys", user.Key, Select(devices, device => user.Value.ContainsKey(device.Name) && device.Value.ValueKind == JsonValueKind.Object));
                }
            }
        });
        return answer.Write();
    }

    private static async Task EachServer<T>(IEnumerable<T> wanted, Func<T, UserId> user, Gathered answer, Func<ServerName, IReadOnlyList<T>, Task> ask)
    {
        foreach (var chunk in wanted.GroupBy(one => user(one).ServerName).Take(ServersMax).Chunk(ServersAtOnce))
        {
            await Task.WhenAll(chunk.Select(async server =>
            {
                try
                {
                    await ask(server.Key, [.. server]);
                }
                catch (Exception failure) when (failure is FederationException or JsonException)
                {
                    answer.Failed(server.Key);
                }
            }));
        }
    }

    /// <summary>The whole list of a user, which is kept from now on; <c>null</c> when the server has no such list.</summary>
    private async Task<(RemoteDeviceList List, IReadOnlyList<RemoteDevice> Devices)?> Fetch(UserId asker, UserId user, int timeoutMs)
    {
        JsonElement said;
        try
        {
            said = await Ask(asker, user.ServerName, HttpMethod.Get, $"/_matrix/federation/v1/user/devices/{Uri.EscapeDataString(user.Value)}", null, timeoutMs);
        }
        catch (FederationException refused) when (refused.Failure == FederationFailure.Refused)
        {
            return null;
        }

        if (!said.TryGetProperty("user_id"u8, out var id) || !id.ValueEquals(user.Value) || !said.TryGetProperty("stream_id"u8, out var stream) || !stream.TryGetInt64(out var streamId)
            || !said.TryGetProperty("devices"u8, out var entries) || entries.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var devices = new List<RemoteDevice>();
        foreach (var entry in entries.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object))
        {
            if (Text(entry, "device_id") is { } deviceId && entry.TryGetProperty("keys"u8, out var keys) && RemoteKeys.AreOf(user, deviceId, keys))
            {
                devices.Add(new RemoteDevice(deviceId, Text(entry, "device_display_name"), DeviceListView.WithoutUnsigned(keys)));
            }
        }

        var list = new RemoteDeviceList(user, streamId, false, RemoteKeys.SigningKey(user, said, "master_key"), RemoteKeys.SigningKey(user, said, "self_signing_key"));
        await database.RemoteDevices.Set(list, devices);
        return (list, devices);
    }

    private static bool Add(Gathered answer, UserId user, IReadOnlyList<string> ids, RemoteDeviceList list, IReadOnlyList<RemoteDevice> devices)
    {
        var entry = new JsonObject();
        foreach (var device in devices.Where(device => device.Keys is not null && (ids.Count == 0 || ids.Contains(device.DeviceId))))
        {
            var keys = JsonNode.Parse(device.Keys!.Value.Span)!.AsObject();
            keys["unsigned"] = device.DisplayName is null ? [] : new JsonObject { ["device_display_name"] = device.DisplayName };
            entry[device.DeviceId] = keys;
        }

        answer.Add("device_keys", user.Value, JsonSerializer.SerializeToElement(entry));
        if (list.MasterKey is { } master)
        {
            answer.Add("master_keys", user.Value, JsonElement.Parse(master.Span));
        }

        if (list.SelfSigningKey is { } own)
        {
            answer.Add("self_signing_keys", user.Value, JsonElement.Parse(own.Span));
        }

        return true;
    }

    private async Task<JsonElement> Ask(UserId asker, ServerName server, HttpMethod method, string path, byte[]? body, int timeoutMs)
    {
        var answer = await federation.Send(new FederationCall(asker.ServerName, server, method, path, body is null ? null : (ReadOnlyMemory<byte>?)body)
        {
            Timeout = TimeSpan.FromMilliseconds(Math.Max(timeoutMs, 1)),
            BytesMax = AnswerBytesMax,
        });
        var root = JsonElement.Parse(answer, Strict);
        return root.ValueKind == JsonValueKind.Object ? root : throw new JsonException();
    }

    private static JsonElement Sound(UserId user, JsonElement devices) => Select(devices, device => RemoteKeys.AreOf(user, device.Name, device.Value));

    private static JsonElement Select(JsonElement map, Func<JsonProperty, bool> isGood) =>
        JsonSerializer.SerializeToElement(map.EnumerateObject().Where(isGood).ToDictionary(member => member.Name, member => member.Value));

    private static JsonElement? Of(JsonElement root, string name, string user) =>
        root.TryGetProperty(name, out var users) && users.ValueKind == JsonValueKind.Object && users.TryGetProperty(user, out var entry) && entry.ValueKind == JsonValueKind.Object ? entry : null;

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An answer that comes together from many servers.</summary>
    private sealed class Gathered(string[] names)
    {
        private readonly ConcurrentDictionary<(string Name, string User), JsonElement> _entries = new();
        private readonly ConcurrentDictionary<ServerName, bool> _failed = new();

        public void Add(string name, string user, JsonElement entry) => _entries[(name, user)] = entry;

        public void Failed(ServerName server) => _failed[server] = true;

        public byte[] Write()
        {
            var buffer = new ByteBuffer(4096);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteStartObject("failures"u8);
                foreach (var server in _failed.Keys)
                {
                    writer.WriteStartObject(server.Value);
                    writer.WriteString("errcode"u8, MatrixError.Unavailable.Code);
                    writer.WriteString("error"u8, "The server cannot be reached");
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
                foreach (var name in names)
                {
                    writer.WriteStartObject(name);
                    foreach (var (key, entry) in _entries.Where(entry => entry.Key.Name == name))
                    {
                        writer.WritePropertyName(key.User);
                        entry.WriteTo(writer);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            return buffer.WrittenSpan.ToArray();
        }
    }
}
