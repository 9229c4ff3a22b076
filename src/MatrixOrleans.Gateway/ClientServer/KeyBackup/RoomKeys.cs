using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>What the operations on key backups have in common.</summary>
internal static class RoomKeys
{
    private const int AlgorithmBytesMax = 255;
    private const int AuthDataBytesMax = 64 * 1024;

    public static IKeyBackupGrain Grain(ClientRequest request) => request.Grains.GetGrain<IKeyBackupGrain>(request.User.Value);

    public static string Version(ClientRequest request) =>
        request.Query("version") ?? throw new MatrixException(MatrixError.MissingParam, "version is missing");

    /// <summary>Which keys the path names.</summary>
    public static BackupPlace Place(ClientRequest request) => new(Part(request, "roomId"), Part(request, "sessionId"));

    /// <summary>Algorithm and <c>auth_data</c> of a body.</summary>
    /// <exception cref="MatrixException">M_MISSING_PARAM, M_BAD_JSON.</exception>
    public static (string Algorithm, byte[] AuthData) Configuration(JsonElement body)
    {
        var algorithm = JsonMembers.Text(body, "algorithm") ?? throw new MatrixException(MatrixError.MissingParam, "algorithm is missing");

        // NOTSPEC: auth_data is an object for the one algorithm that there is. Clients of other algorithms store a text.
        if (!body.TryGetProperty("auth_data"u8, out var data) || data.ValueKind == JsonValueKind.Null)
        {
            throw new MatrixException(MatrixError.MissingParam, "auth_data is missing");
        }

        var json = JsonMarshal.GetRawUtf8Value(data);
        return data.ValueKind is JsonValueKind.Object or JsonValueKind.String && json.Length <= AuthDataBytesMax && Encoding.UTF8.GetByteCount(algorithm) is > 0 and <= AlgorithmBytesMax
            ? (algorithm, json.ToArray())
            : throw new MatrixException(MatrixError.BadJson, $"algorithm must have 1 to {AlgorithmBytesMax} bytes, auth_data be an object of {AuthDataBytesMax} bytes at most");
    }

    public static Answer Of(BackupInfo backup) => Answer.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("version"u8, backup.Version);
        writer.WriteString("algorithm"u8, backup.Algorithm);
        writer.WritePropertyName("auth_data"u8);
        writer.WriteRawValue(backup.AuthData.Span, skipInputValidation: true);
        writer.WriteNumber("count"u8, backup.State.Count);
        writer.WriteString("etag"u8, backup.State.ETag);
        writer.WriteEndObject();
    });

    public static Answer Of(BackupState state) => Answer.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("count"u8, state.Count);
        writer.WriteString("etag"u8, state.ETag);
        writer.WriteEndObject();
    });

    public static async ValueTask<Answer> Put(ClientRequest request)
    {
        var body = await request.JsonObject();
        return Of(await Grain(request).PutKeys(Version(request), Place(request), JsonMarshal.GetRawUtf8Value(body).ToArray()));
    }

    public static async ValueTask<Answer> Delete(ClientRequest request) => Of(await Grain(request).DeleteKeys(Version(request), Place(request)));

    /// <summary>All keys that the path names, in the order of rooms and sessions.</summary>
    public static async ValueTask<IReadOnlyList<BackedUpKey>> Keys(ClientRequest request)
    {
        var (grain, version, place) = (Grain(request), Version(request), Place(request));
        var keys = new List<BackedUpKey>();
        BackupPage page;
        do
        {
            page = await grain.Keys(version, place, keys.Count == 0 ? null : new BackupPlace(keys[^1].Room, keys[^1].Session));
            keys.AddRange(page.Keys);
        }
        while (!page.IsLast);

        return keys;
    }

    /// <summary>Writes <c>sessions</c> of one room.</summary>
    public static void WriteSessions(Utf8JsonWriter writer, IEnumerable<BackedUpKey> keys)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("sessions"u8);
        foreach (var key in keys)
        {
            writer.WritePropertyName(key.Session);
            writer.WriteRawValue(key.Json.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string? Part(ClientRequest request, string name) => request.Path(name) is { Length: > 0 } text ? text : null;
}
