using System.Text.Json;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Protocol.Json;

/// <summary>Members of a client's JSON object: missing or <c>null</c>, of the right type, or M_BAD_JSON.</summary>
public static class JsonMembers
{
    public static string? Text(JsonElement parent, string name) => Member(parent, name, JsonValueKind.String, "a string")?.GetString();

    public static JsonElement? Object(JsonElement parent, string name) => Member(parent, name, JsonValueKind.Object, "an object");

    /// <param name="countMax">Most entries that are taken.</param>
    public static JsonElement? Array(JsonElement parent, string name, int countMax)
    {
        var list = Member(parent, name, JsonValueKind.Array, "a list");
        return list?.GetArrayLength() > countMax ? throw new MatrixException(MatrixError.BadJson, $"{name} may have {countMax} entries at most") : list;
    }

    public static bool Flag(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.False)
        {
            return false;
        }

        return value.ValueKind == JsonValueKind.True ? true : throw new MatrixException(MatrixError.BadJson, $"{name} must be a boolean");
    }

    private static JsonElement? Member(JsonElement parent, string name, JsonValueKind kind, string what)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == kind ? value : throw new MatrixException(MatrixError.BadJson, $"{name} must be {what}");
    }
}
