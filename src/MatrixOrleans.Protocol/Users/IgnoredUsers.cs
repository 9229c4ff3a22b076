using System.Collections.Frozen;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Users;

/// <summary>The content of <c>m.ignored_user_list</c> (Client-Server API, "Ignoring Users").</summary>
public static class IgnoredUsers
{
    public const string Type = "m.ignored_user_list";

    /// <summary>Most users that are taken from one list.</summary>
    public const int UsersMax = 10_000;

    /// <summary>Reads the list; what is not well-formed ignores nobody. Nobody ignores themselves.</summary>
    public static FrozenSet<UserId> Parse(ReadOnlyMemory<byte>? content, UserId self)
    {
        if (content is not { } json)
        {
            return [];
        }

        var root = JsonElement.Parse(json.Span);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("ignored_users"u8, out var users) || users.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var ignored = new HashSet<UserId>();
        foreach (var member in users.EnumerateObject())
        {
            if (UserId.TryParse(member.Name, out var user) && user != self && ignored.Count < UsersMax)
            {
                ignored.Add(user);
            }
        }

        return ignored.ToFrozenSet();
    }
}
