using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>What a user wants to be done with somebody's invitation.</summary>
public enum InviteVerdict
{
    Allow,

    /// <summary>Taken, and not shown.</summary>
    Ignore,

    /// <summary>Refused.</summary>
    Block,
}

/// <summary>Account data by which a user blocks invitations (Client-Server API, "Invite permission") or filters them (MSC4155).</summary>
public static class InvitePermission
{
    public const string AccountDataType = "m.invite_permission_config";

    public const string FilterDataType = "org.matrix.msc4155.invite_permission_config";

    /// <summary>Most entries of one list that are looked at.</summary>
    private const int EntriesMax = 1_000;

    /// <summary>The lists of a filter, the first that has the inviter decides.</summary>
    private static readonly (string Name, bool OfServers, InviteVerdict Verdict)[] Lists =
    [
        ("allowed_users", false, InviteVerdict.Allow),
        ("ignored_users", false, InviteVerdict.Ignore),
        ("blocked_users", false, InviteVerdict.Block),
        ("allowed_servers", true, InviteVerdict.Allow),
        ("ignored_servers", true, InviteVerdict.Ignore),
        ("blocked_servers", true, InviteVerdict.Block),
    ];

    /// <param name="content">The account data's content; <c>null</c> when the user has none.</param>
    public static bool Blocks(JsonElement? content) =>
        content is { ValueKind: JsonValueKind.Object } config && config.TryGetProperty("default_action", out var action)
        && action.ValueKind == JsonValueKind.String && action.ValueEquals("block"u8);

    /// <param name="filter">The content of <see cref="FilterDataType"/>; <c>null</c> when the user has none.</param>
    public static InviteVerdict Judge(JsonElement? filter, UserId inviter)
    {
        if (filter is not { ValueKind: JsonValueKind.Object } lists || (lists.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.False))
        {
            return InviteVerdict.Allow;
        }

        foreach (var (name, ofServers, verdict) in Lists)
        {
            if (lists.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
                && Has(list, ofServers ? inviter.ServerName.Value : inviter.Value))
            {
                return verdict;
            }
        }

        return InviteVerdict.Allow;
    }

    private static bool Has(JsonElement patterns, string text) =>
        patterns.EnumerateArray().Take(EntriesMax).Any(pattern => pattern.ValueKind == JsonValueKind.String && Glob.Compile(pattern.GetString()!).IsMatch(text));
}
