using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Push;

/// <summary>
/// What the rules of many users say of one event. Users whose rules are equal, and whom the event does not name, get one answer: the work grows with the
/// sets of rules, not with the users. Used by one thread at a time.
/// </summary>
public sealed class PushEvaluations(PushEvent subject)
{
    private readonly Dictionary<PushRuleSet, PushResult> _results = [];

    /// <param name="displayName">The user's name in the room, when he has one.</param>
    public PushResult Of(PushRuleSet rules, UserId user, string? displayName)
    {
        if (user == subject.Pdu.Sender || rules.AsksForNames || subject.IsAbout(user))
        {
            return rules.Evaluate(subject, user, displayName);
        }

        if (!_results.TryGetValue(rules, out var result))
        {
            _results[rules] = result = rules.Evaluate(subject, user, null);
        }

        return result;
    }
}
