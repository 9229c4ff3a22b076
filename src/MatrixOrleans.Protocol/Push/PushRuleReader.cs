using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Push;

/// <summary>Reads push rules: strictly from a client's request, and forgivingly from what was stored, perhaps by an older version.</summary>
public static class PushRuleReader
{
    /// <summary>Most conditions of one rule.</summary>
    public const int ConditionsMax = 32;

    /// <summary>Longest rule id.</summary>
    public const int RuleIdLengthMax = 255;

    /// <summary>Longest pattern, path and condition.</summary>
    public const int TextLengthMax = 1_024;

    /// <summary>
    /// Reads stored rules, as <see cref="PushRuleSet.ToStored"/> or <see cref="PushRuleSet.ToBytes"/> wrote them. Of default rules only the switch and the
    /// actions count; default rules that no longer exist, and rules that cannot be read, are dropped.
    /// </summary>
    /// <exception cref="InvalidDataException">The bytes are no JSON: the database is damaged.</exception>
    public static PushRuleSet ReadStored(ReadOnlySpan<byte> content)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(content);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("Stored push rules are no JSON", e);
        }

        var own = new ImmutableArray<PushRule>[PushRuleKinds.All.Count];
        var changed = new List<PushRule>();
        foreach (var kind in PushRuleKinds.All)
        {
            var rules = new List<PushRule>();
            foreach (var source in Stored(root, kind))
            {
                if (TryReadStored(kind, source) is { } rule && !rules.Exists(r => r.RuleId == rule.RuleId))
                {
                    rules.Add(rule);
                }
            }

            own[(int)kind] = [.. rules.Where(r => !r.IsDefault)];
            changed.AddRange(rules.Where(r => r.IsDefault));
        }

        var set = new PushRuleSet(own, changed);
        return set.Equals(PushRuleSet.Default) ? PushRuleSet.Default : set;
    }

    /// <summary>Reads the body of <c>PUT /pushrules/global/{kind}/{ruleId}</c>.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON, M_INVALID_PARAM or M_MISSING_PARAM</exception>
    internal static PushRule ReadRequest(PushRuleKind kind, string ruleId, JsonElement body)
    {
        CheckId(kind, ruleId);
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new MatrixException(MatrixError.BadJson, "A push rule is an object");
        }

        var rule = new PushRule { Kind = kind, RuleId = ruleId, Actions = ReadActions(body) };
        return kind switch
        {
            PushRuleKind.Override or PushRuleKind.Underride => rule with { Conditions = ReadConditions(body) },
            PushRuleKind.Content => rule with { Pattern = ReadPattern(body) },
            _ => rule,
        };
    }

    /// <summary>Reads the <c>actions</c> of a request.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON or M_MISSING_PARAM</exception>
    public static PushActions ReadActions(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("actions", out var source))
        {
            throw new MatrixException(MatrixError.MissingParam, "'actions' is missing");
        }

        return Guarded(() => PushActions.TryRead(source)) is { } actions && actions.Json.Length <= 4 * TextLengthMax
            ? actions
            : throw new MatrixException(MatrixError.BadJson, "'actions' is no list of push actions");
    }

    private static void CheckId(PushRuleKind kind, string ruleId)
    {
        var fault = ruleId switch
        {
            _ when kind == PushRuleKind.PostContent => "Rules of this kind belong to the server",
            "" => "A rule id is not empty",
            ['.', ..] => "Rule ids that start with a dot belong to the server",
            _ when ruleId.AsSpan().ContainsAny('/', '\\') => "A rule id has no slashes and no backslashes",
            _ when ruleId.Length > RuleIdLengthMax => $"A rule id has at most {RuleIdLengthMax} characters",
            _ when kind == PushRuleKind.Sender && !UserId.IsValid(ruleId) => "The id of a sender rule is a user ID",
            _ => null,
        };
        if (fault is not null)
        {
            throw new MatrixException(MatrixError.InvalidParam, fault);
        }
    }

    private static ImmutableArray<PushCondition> ReadConditions(JsonElement body)
    {
        if (!body.TryGetProperty("conditions", out var source))
        {
            return [];
        }

        if (source.ValueKind != JsonValueKind.Array || source.GetArrayLength() > ConditionsMax)
        {
            throw new MatrixException(MatrixError.BadJson, $"'conditions' is no list of at most {ConditionsMax} conditions");
        }

        return [.. source.EnumerateArray().Select(c => Guarded(() => PushCondition.TryRead(c)) is { } condition && condition.Json.Length <= TextLengthMax
            ? condition
            : throw new MatrixException(MatrixError.BadJson, "A condition is an object with a kind"))];
    }

    private static string ReadPattern(JsonElement body)
    {
        if (!body.TryGetProperty("pattern", out var source))
        {
            throw new MatrixException(MatrixError.MissingParam, "A content rule has a pattern");
        }

        return source.ValueKind == JsonValueKind.String && Guarded(source.GetString) is { } pattern && pattern.Length <= TextLengthMax
            ? pattern
            : throw new MatrixException(MatrixError.BadJson, $"'pattern' is no string of at most {TextLengthMax} characters");
    }

    private static IEnumerable<JsonElement> Stored(JsonElement root, PushRuleKind kind) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("global", out var global) && global.ValueKind == JsonValueKind.Object
        && global.TryGetProperty(kind.Text(), out var rules) && rules.ValueKind == JsonValueKind.Array
            ? rules.EnumerateArray()
            : [];

    private static PushRule? TryReadStored(PushRuleKind kind, JsonElement source)
    {
        if (source.ValueKind != JsonValueKind.Object
            || !source.TryGetProperty("rule_id", out var id) || id.ValueKind != JsonValueKind.String || Guarded(id.GetString) is not { Length: > 0 } ruleId
            || !source.TryGetProperty("actions", out var actions) || Guarded(() => PushActions.TryRead(actions)) is not { } read)
        {
            return null;
        }

        var enabled = !source.TryGetProperty("enabled", out var on) || on.ValueKind != JsonValueKind.False;
        if (ruleId[0] == '.')
        {
            var byDefault = DefaultPushRules.Of(kind).FirstOrDefault(r => r.RuleId == ruleId);
            return byDefault is null ? null : byDefault with { Enabled = enabled, Actions = read };
        }

        try
        {
            return ReadRequest(kind, ruleId, source) with { Enabled = enabled };
        }
        catch (MatrixException)
        {
            // One rule that this version would refuse does not cost the user the others.
            return null;
        }
    }

    /// <summary>What the function makes of a JSON text; <c>null</c> where a string in it is not valid Unicode.</summary>
    private static T? Guarded<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
