using System.Text.Json;

namespace MatrixOrleans.Conformance.Client;

/// <summary>Reading answers: every look-up that fails says what was there instead.</summary>
public static class JsonReading
{
    /// <summary>The value at a path of member names and array indexes.</summary>
    public static JsonElement At(this JsonElement value, params object[] path)
    {
        JsonElement here = value;
        foreach (object step in path)
        {
            switch (step)
            {
                case string name:
                    Assert.True(here.ValueKind == JsonValueKind.Object && here.TryGetProperty(name, out _), $"'{name}' of {string.Join('.', path)} is missing in {value.GetRawText()}");
                    here = here.GetProperty(name);
                    break;
                case int index:
                    Assert.True(here.ValueKind == JsonValueKind.Array && here.GetArrayLength() > index, $"[{index}] of {string.Join('.', path)} is missing in {value.GetRawText()}");
                    here = here[index];
                    break;
                default:
                    throw new ArgumentException($"{step} is no step of a path.", nameof(path));
            }
        }
        return here;
    }

    /// <summary>Whether there is something at a path of member names.</summary>
    public static bool Has(this JsonElement value, params string[] path)
    {
        JsonElement here = value;
        foreach (string name in path)
        {
            if (here.ValueKind != JsonValueKind.Object || !here.TryGetProperty(name, out here))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The string at a path.</summary>
    public static string Str(this JsonElement value, params object[] path) => value.At(path).GetString()!;

    /// <summary>The integer at a path.</summary>
    public static long Int(this JsonElement value, params object[] path) => value.At(path).GetInt64();

    /// <summary>The boolean at a path.</summary>
    public static bool Bool(this JsonElement value, params object[] path) => value.At(path).GetBoolean();

    /// <summary>The elements of the array at a path of names; none when something on the way is missing, as in a sync answer's empty sections.</summary>
    public static JsonElement[] List(this JsonElement value, params string[] path) => value.Has(path) ? [.. value.At([.. path]).EnumerateArray()] : [];

    /// <summary>The member names of the object at a path; none when something on the way is missing.</summary>
    public static string[] Keys(this JsonElement value, params string[] path) => value.Has(path) ? [.. value.At([.. path]).EnumerateObject().Select(p => p.Name)] : [];

    /// <summary>The ids of events.</summary>
    public static string[] Ids(this IEnumerable<JsonElement> events) => [.. events.Select(e => e.Str("event_id"))];

    /// <summary>The one event of a type and, for a state event, a state key.</summary>
    public static JsonElement OfType(this IEnumerable<JsonElement> events, string type, string? stateKey = null)
    {
        JsonElement[] all = [.. events];
        JsonElement[] found = [.. all.Where(e => e.Str("type") == type && (stateKey is null || (e.Has("state_key") && e.Str("state_key") == stateKey)))];
        Assert.True(found.Length == 1, $"one {type} '{stateKey}' expected, got {found.Length} among {string.Join(", ", all.Select(e => e.Str("type")))}");
        return found[0];
    }

    /// <summary>Asserts that two JSON values are equal, whatever the order of members.</summary>
    public static void IsJson(this JsonElement value, string expected) =>
        Assert.True(JsonElement.DeepEquals(value, JsonElement.Parse(expected)), $"{expected} expected, got {value.GetRawText()}");
}
