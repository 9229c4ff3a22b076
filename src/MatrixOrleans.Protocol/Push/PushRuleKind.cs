namespace MatrixOrleans.Protocol.Push;

/// <summary>The kinds of push rules, in the order in which they are asked (Client-Server API, "Push Rules").</summary>
public enum PushRuleKind
{
    Override,
    Content,
    Room,
    Sender,
    Underride,

    /// <summary>Rules of the server alone, asked behind content rules (MSC4306).</summary>
    PostContent,
}

public static class PushRuleKinds
{
    /// <summary>All kinds by their numbers.</summary>
    public static IReadOnlyList<PushRuleKind> All { get; } = [PushRuleKind.Override, PushRuleKind.Content, PushRuleKind.Room, PushRuleKind.Sender, PushRuleKind.Underride, PushRuleKind.PostContent];

    /// <summary>All kinds as clients see them, the most important first.</summary>
    public static IReadOnlyList<PushRuleKind> Shown { get; } =
        [PushRuleKind.Override, PushRuleKind.Content, PushRuleKind.PostContent, PushRuleKind.Room, PushRuleKind.Sender, PushRuleKind.Underride];

    /// <summary>The spec's word.</summary>
    public static string Text(this PushRuleKind kind) => kind switch
    {
        PushRuleKind.Override => "override",
        PushRuleKind.Content => "content",
        PushRuleKind.Room => "room",
        PushRuleKind.Sender => "sender",
        PushRuleKind.PostContent => "postcontent",
        _ => "underride",
    };

    public static bool TryParse(string? text, out PushRuleKind kind)
    {
        foreach (var candidate in All)
        {
            if (candidate.Text() == text)
            {
                kind = candidate;
                return true;
            }
        }

        kind = default;
        return false;
    }
}
