using MatrixOrleans.Protocol.Push;

namespace MatrixOrleans.Contracts.Users;

/// <summary>What is done to a push rule (Client-Server API, "Push Rules: API").</summary>
public enum PushRuleEdit
{
    /// <summary>Add it, or change it.</summary>
    Set = 0,

    Remove = 1,

    Enable = 2,

    Disable = 3,

    /// <summary>Give it other actions.</summary>
    Actions = 4,
}

/// <summary>A change of one push rule of a user.</summary>
[GenerateSerializer, Immutable, Alias("PushRuleChange")]
public sealed record PushRuleChange
{
    [Id(0)]
    public required PushRuleKind Kind { get; init; }

    [Id(1)]
    public required string RuleId { get; init; }

    [Id(2)]
    public required PushRuleEdit Edit { get; init; }

    /// <summary>The request's body, a JSON object, of those edits that have one.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The user's rule to which a rule that is set is next in importance, above it.</summary>
    [Id(4)]
    public string? Before { get; init; }

    /// <summary>The user's rule to which a rule that is set is next in importance, below it.</summary>
    [Id(5)]
    public string? After { get; init; }
}
