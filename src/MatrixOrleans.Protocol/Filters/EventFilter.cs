using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Filters;

/// <summary>Which events a client wants, by type and sender (Client-Server API, "EventFilter"). Immutable. A list that is <c>null</c> says nothing.</summary>
public class EventFilter
{
    private protected EventFilter()
    {
    }

    /// <summary>Lets everything pass.</summary>
    public static EventFilter All { get; } = new();

    /// <summary>How many events the client wants at most, at least 1; <c>null</c> when it did not say.</summary>
    public int? Limit { get; private protected init; }

    /// <summary>Types to include; <c>*</c> is a wildcard.</summary>
    public ImmutableArray<Glob>? Types { get; private protected init; }

    /// <summary>Types to exclude, even when they are included; <c>*</c> is a wildcard.</summary>
    public ImmutableArray<Glob>? NotTypes { get; private protected init; }

    /// <summary>Senders to include.</summary>
    public ImmutableHashSet<UserId>? Senders { get; private protected init; }

    /// <summary>Senders to exclude, even when they are included.</summary>
    public ImmutableHashSet<UserId>? NotSenders { get; private protected init; }

    /// <summary>Whether no event can pass, so that nobody needs to look for any.</summary>
    public virtual bool PassesNothing => Types is { IsEmpty: true } || Senders is { IsEmpty: true };

    /// <summary>Whether every event passes.</summary>
    public virtual bool PassesAll => Types is null && NotTypes is null && Senders is null && NotSenders is null;

    /// <summary>The limit that the client asked for, within what the server gives.</summary>
    public int LimitWithin(int byDefault, int max) => Math.Min(Limit ?? byDefault, max);

    /// <summary>Whether an event of this type passes, as far as the type decides.</summary>
    public bool PassesType(string type) => (Types is not { } types || Any(types, type)) && !(NotTypes is { } not && Any(not, type));

    /// <summary>Whether events of this sender pass, as far as the sender decides.</summary>
    /// <param name="sender"><c>null</c> for what nobody sent, as account data and typing: that passes unless the filter wants certain senders.</param>
    public bool PassesSender(UserId? sender) => sender is { } user
        ? Senders?.Contains(user) != false && NotSenders?.Contains(user) != true
        : Senders is null;

    public bool Passes(string type, UserId? sender) => PassesSender(sender) && PassesType(type);

    internal static EventFilter Read(JsonElement? source) => source is not { } json
        ? All
        : new EventFilter
        {
            Limit = FilterReader.Limit(json),
            Types = FilterReader.Patterns(json, "types"),
            NotTypes = FilterReader.Patterns(json, "not_types"),
            Senders = FilterReader.Users(json, "senders"),
            NotSenders = FilterReader.Users(json, "not_senders"),
        };

    private static bool Any(ImmutableArray<Glob> patterns, string type)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.IsMatch(type))
            {
                return true;
            }
        }

        return false;
    }
}
