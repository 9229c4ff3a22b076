using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Queries;

/// <summary>Asks other servers, and gives on only what has the shape that it should have.</summary>
[StatelessWorker, Reentrant]
public sealed class RemoteQueriesGrain(IFederationClient federation) : Grain, IRemoteQueriesGrain
{
    private const int ServersMax = 500;
    private const int ProfileBytesMax = 128 * 1024;
    private const int DirectoryBytesMax = 4 * 1024 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = CanonicalJson.DepthMax };

    public async ValueTask<AliasTarget?> Alias(ServerName tenant, RoomAlias alias)
    {
        try
        {
            var answer = await Ask(tenant, alias.ServerName, "GET", $"/_matrix/federation/v1/query/directory?room_alias={Uri.EscapeDataString(alias.Value)}", null, ProfileBytesMax);
            if (!answer.TryGetProperty("room_id"u8, out var id) || id.ValueKind != JsonValueKind.String || !RoomId.TryParse(id.GetString(), out var room))
            {
                return null;
            }

            var servers = answer.TryGetProperty("servers"u8, out var list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Take(ServersMax).Select(Name).OfType<ServerName>().Distinct().ToList()
                : [];
            return new AliasTarget(room, servers.Count > 0 ? servers : [alias.ServerName]);
        }
        catch (MatrixException refusal) when (refusal.Code.Code == MatrixError.NotFound.Code)
        {
            return null;
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> Profile(ServerName tenant, UserId user, string? field)
    {
        var only = field is null ? "" : $"&field={Uri.EscapeDataString(field)}";
        var answer = await Ask(tenant, user.ServerName, "GET", $"/_matrix/federation/v1/query/profile?user_id={Uri.EscapeDataString(user.Value)}{only}", null, ProfileBytesMax);
        return JsonSerializer.SerializeToUtf8Bytes(answer.EnumerateObject()
            .Where(member => (field is null || member.Name == field) && (member.Value.ValueKind == JsonValueKind.String || member.Name is not ("displayname" or "avatar_url")))
            .ToDictionary(member => member.Name, member => member.Value));
    }

    public async ValueTask<ReadOnlyMemory<byte>> PublicRooms(ServerName tenant, ServerName server, string method, string pathAndQuery, ReadOnlyMemory<byte>? body)
    {
        var answer = await Ask(tenant, server, method, pathAndQuery, body, DirectoryBytesMax);
        var chunk = answer.TryGetProperty("chunk"u8, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Take(PublicRoomsQuery.LimitMax).Where(IsRoom).ToList()
            : [];
        var buffer = new ByteBuffer(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("chunk"u8);
            foreach (var room in chunk)
            {
                room.WriteTo(writer);
            }

            writer.WriteEndArray();
            foreach (var name in (string[])["next_batch", "prev_batch"])
            {
                if (answer.TryGetProperty(name, out var token) && token.ValueKind == JsonValueKind.String)
                {
                    writer.WriteString(name, token.GetString());
                }
            }

            writer.WriteNumber("total_room_count_estimate"u8, answer.TryGetProperty("total_room_count_estimate"u8, out var total) && total.ValueKind == JsonValueKind.Number && total.TryGetInt64(out var count) ? count : chunk.Count);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An object with everything that a listed room must have.</summary>
    private static bool IsRoom(JsonElement room) =>
        room.ValueKind == JsonValueKind.Object
        && room.TryGetProperty("room_id"u8, out var id) && id.ValueKind == JsonValueKind.String && RoomId.TryParse(id.GetString(), out _)
        && room.TryGetProperty("num_joined_members"u8, out var joined) && joined.ValueKind == JsonValueKind.Number && joined.TryGetInt64(out _)
        && IsFlag(room, "world_readable"u8) && IsFlag(room, "guest_can_join"u8);

    private static bool IsFlag(JsonElement room, ReadOnlySpan<byte> name) => room.TryGetProperty(name, out var flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False;

    private static ServerName? Name(JsonElement text) => text.ValueKind == JsonValueKind.String && ServerName.TryParse(text.GetString(), out var name) ? name : null;

    private async Task<JsonElement> Ask(ServerName tenant, ServerName server, string method, string pathAndQuery, ReadOnlyMemory<byte>? body, int bytesMax)
    {
        try
        {
            var answer = await federation.Send(new FederationCall(tenant, server, HttpMethod.Parse(method), pathAndQuery, body) { Timeout = Timeout, BytesMax = bytesMax });
            var root = JsonElement.Parse(answer, Strict);
            return root.ValueKind == JsonValueKind.Object ? root : throw new JsonException();
        }
        catch (FederationException failure)
        {
            throw RemoteFailure.Of(failure);
        }
        catch (JsonException)
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(502), $"{server} gave no sensible answer");
        }
    }
}
