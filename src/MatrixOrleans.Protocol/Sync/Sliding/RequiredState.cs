using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>A piece of state, or many; <c>null</c> stands for every one.</summary>
public readonly record struct StatePattern(string? Type, string? Key)
{
    public bool Matches(StateKey key) => (Type is null || Type == key.Type) && (Key is null || Key == key.Key);
}

/// <summary>
/// The state that one rule of a sliding sync wants with its rooms (MSC4186, "RequiredStateRequest"). Immutable; equal when the same was written in
/// the same order.
/// </summary>
/// <param name="Include">What is wanted.</param>
/// <param name="Exclude">What is not, even when it is included.</param>
/// <param name="LazyMembers">Members as the timeline needs them. A pattern that leaves the type open does not speak of members then.</param>
public sealed record RequiredState(ImmutableArray<StatePattern> Include, ImmutableArray<StatePattern> Exclude, bool LazyMembers)
{
    /// <summary>Most patterns of one rule.</summary>
    public const int PatternsMax = 500;

    private const string Everything = "*";
    private const string Lazy = "$LAZY";
    private const string Me = "$ME";

    public static readonly RequiredState None = new([], [], LazyMembers: false);

    /// <summary>Whether the key is wanted whatever the timeline holds.</summary>
    public bool Matches(StateKey key)
    {
        foreach (var pattern in Include)
        {
            if (pattern.Matches(key) && !(LazyMembers && pattern.Type is null && key.Type == EventTypes.Member))
            {
                return !Exclude.Any(excluded => excluded.Matches(key));
            }
        }

        return false;
    }

    public bool Equals(RequiredState? other) =>
        other is not null && LazyMembers == other.LazyMembers && Include.AsSpan().SequenceEqual(other.Include.AsSpan()) && Exclude.AsSpan().SequenceEqual(other.Exclude.AsSpan());

    public override int GetHashCode() => HashCode.Combine(LazyMembers, Include.Length, Exclude.Length, Include.IsEmpty ? default : Include[0]);

    /// <exception cref="MatrixException">M_BAD_JSON</exception>
    internal static RequiredState Read(JsonElement parent, SlidingShape shape, UserId user)
    {
        if (!parent.TryGetProperty("required_state", out var value))
        {
            return None;
        }

        return shape == SlidingShape.Simplified ? ReadPairs(value, user) : ReadObject(value);
    }

    private static RequiredState ReadPairs(JsonElement list, UserId user)
    {
        var include = ImmutableArray.CreateBuilder<StatePattern>();
        var lazy = false;
        foreach (var pair in Entries(list))
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.String || pair[1].ValueKind != JsonValueKind.String)
            {
                throw FilterReader.Bad("'required_state' wants pairs of a type and a state key");
            }

            var (type, key) = (pair[0].GetString()!, pair[1].GetString()!);
            if (key == Lazy && type == EventTypes.Member)
            {
                lazy = true;
                continue;
            }

            include.Add(new StatePattern(type == Everything ? null : type, key switch { Everything => null, Me => user.Value, _ => key }));
        }

        return new RequiredState(include.ToImmutable(), [], lazy);
    }

    private static RequiredState ReadObject(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw FilterReader.Bad("'required_state' is no object");
        }

        return new RequiredState(Patterns("include"), Patterns("exclude"), FilterReader.Boolean(value, "lazy_members") ?? false);

        ImmutableArray<StatePattern> Patterns(string name) => value.TryGetProperty(name, out var list)
            ? [.. Entries(list).Select(entry => entry.ValueKind == JsonValueKind.Object
                ? new StatePattern(FilterReader.Text(entry, "type"), FilterReader.Text(entry, "state_key"))
                : throw FilterReader.Bad($"'{name}' wants objects"))]
            : [];
    }

    private static JsonElement.ArrayEnumerator Entries(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > PatternsMax)
        {
            throw FilterReader.Bad($"The state that is wanted is a list of at most {PatternsMax} entries");
        }

        return list.EnumerateArray();
    }
}
