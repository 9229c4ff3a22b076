using System.Text.Json;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Protocol.Push;

/// <summary>What a user may do to his push rules (Client-Server API, "Push Rules: API"); each gives a new set.</summary>
public static class PushRuleEdits
{
    /// <summary>Most rules that a user may have of his own.</summary>
    public const int RulesMax = 5_000;

    /// <summary>Most characters in all patterns together: what an event can cost at worst. Patterns with <c>?</c> count eightfold.</summary>
    public const int CostMax = 32_768;

    /// <summary>Adds a rule or changes one, which stays switched as it was.</summary>
    /// <param name="body">The body of <c>PUT /pushrules/global/{kind}/{ruleId}</c>.</param>
    /// <param name="before">The user's own rule to which the new one is next in importance, above it.</param>
    /// <param name="after">The user's own rule to which the new one is next in importance, below it; <paramref name="before"/> wins.</param>
    /// <exception cref="MatrixException">M_INVALID_PARAM, M_BAD_JSON, M_MISSING_PARAM, M_TOO_LARGE; M_UNKNOWN when the other rule does not exist</exception>
    public static PushRuleSet WithRule(this PushRuleSet set, PushRuleKind kind, string ruleId, JsonElement body, string? before = null, string? after = null)
    {
        var rule = PushRuleReader.ReadRequest(kind, ruleId, body);
        var rules = set[kind].ToList();
        var old = rules.FindIndex(r => r.RuleId == ruleId);
        if (old >= 0)
        {
            rule = rule with { Enabled = rules[old].Enabled };
            rules.RemoveAt(old);
        }

        var place = before ?? after;
        if (place == ruleId && old >= 0)
        {
            place = null;
        }

        int at;
        if (place is not null)
        {
            at = rules.FindIndex(r => r.RuleId == place && !r.IsDefault);
            if (at < 0)
            {
                throw new MatrixException(MatrixError.Unknown.WithStatus(400), $"before/after rule not found: {place}");
            }

            at += before is null ? 1 : 0;
        }
        else
        {
            at = old >= 0 ? old : rules.FindIndex(r => r.RuleId != DefaultPushRules.Master);
        }

        rules.Insert(at < 0 ? rules.Count : at, rule);
        var changed = set.With(kind, rules);
        var own = PushRuleKinds.All.SelectMany(k => changed[k]).Where(r => !r.IsDefault).ToList();
        if (own.Count > RulesMax || own.Sum(r => (long)r.Cost) > CostMax)
        {
            throw new MatrixException(MatrixError.TooLarge, "Too many push rules, or too long patterns");
        }

        return changed;
    }

    /// <exception cref="MatrixException">M_NOT_FOUND; M_INVALID_PARAM for a rule of the server</exception>
    public static PushRuleSet WithoutRule(this PushRuleSet set, PushRuleKind kind, string ruleId)
    {
        var rule = set.Require(kind, ruleId);
        return rule.IsDefault
            ? throw new MatrixException(MatrixError.InvalidParam, "A rule of the server can be switched off, not removed")
            : set.With(kind, set[kind].Remove(rule));
    }

    /// <exception cref="MatrixException">M_NOT_FOUND</exception>
    public static PushRuleSet WithEnabled(this PushRuleSet set, PushRuleKind kind, string ruleId, bool enabled) =>
        set.Replace(set.Require(kind, ruleId), r => r with { Enabled = enabled });

    /// <param name="body">The body of <c>PUT /pushrules/global/{kind}/{ruleId}/actions</c>.</param>
    /// <exception cref="MatrixException">M_NOT_FOUND, M_BAD_JSON or M_MISSING_PARAM</exception>
    public static PushRuleSet WithActions(this PushRuleSet set, PushRuleKind kind, string ruleId, JsonElement body)
    {
        var rule = set.Require(kind, ruleId);
        var actions = PushRuleReader.ReadActions(body);
        return set.Replace(rule, r => r with { Actions = actions });
    }

    /// <summary>The rule of that name.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND</exception>
    public static PushRule Require(this PushRuleSet set, PushRuleKind kind, string ruleId) =>
        set.Find(kind, ruleId) ?? throw new MatrixException(MatrixError.NotFound, "The push rule was not found.");

    private static PushRuleSet Replace(this PushRuleSet set, PushRule rule, Func<PushRule, PushRule> change) =>
        set.With(rule.Kind, set[rule.Kind].Select(r => ReferenceEquals(r, rule) ? change(r) : r));
}
