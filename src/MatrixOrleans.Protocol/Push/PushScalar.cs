using System.Text.Json;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>A value that is neither list nor object, to be compared exactly: string, integer within 2^53-1, boolean or null.</summary>
internal readonly record struct PushScalar(JsonValueKind Kind, string? Text, long Integer)
{
    public static PushScalar Of(string text) => new(JsonValueKind.String, text, 0);

    /// <returns><c>null</c> when the value is of another kind.</returns>
    public static PushScalar? TryRead(JsonElement source) => source.ValueKind switch
    {
        JsonValueKind.String => Of(source.GetString()!),
        JsonValueKind.Number when source.TryGetInt64(out var integer) && integer is >= -CanonicalJson.IntegerMax and <= CanonicalJson.IntegerMax =>
            new PushScalar(JsonValueKind.Number, null, integer),
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => new PushScalar(source.ValueKind, null, 0),
        _ => null,
    };

    /// <summary>Whether an event's value is this one; no type is cast to another.</summary>
    public bool Is(JsonElement value) => value.ValueKind == Kind && Kind switch
    {
        JsonValueKind.String => value.ValueEquals(Text),
        JsonValueKind.Number => value.TryGetInt64(out var integer) && integer == Integer,
        _ => true,
    };
}
