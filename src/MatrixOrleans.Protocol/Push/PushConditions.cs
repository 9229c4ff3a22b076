using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Push;

/// <summary><c>event_match</c>: a glob on a string of the event, in whatever case; on <c>content.body</c>, on words within it.</summary>
internal sealed class EventMatchCondition(string json, string key, string pattern) : PushCondition(json)
{
    private readonly PropertyPath _path = PropertyPath.Parse(key);
    private readonly Glob _glob = Glob.Compile(pattern, ignoreCase: true);
    private readonly bool _words = key == "content.body";

    internal override int Cost => CostOf(pattern);

    /// <summary>A piece with <c>?</c> is looked for character by character.</summary>
    internal static int CostOf(string pattern) => (pattern.Length + 1) * (pattern.Contains('?', StringComparison.Ordinal) ? 8 : 1);

    internal override bool Holds(PushEvent subject, UserId user, string? displayName) =>
        subject.Text(_path) is { } text && (_words ? _glob.IsMatchOfWords(text) : _glob.IsMatch(text));
}

/// <summary><c>event_property_is</c> and <c>event_property_contains</c>: an exact value, or a list that holds it.</summary>
internal sealed class EventPropertyCondition(string json, string key, PushScalar value, bool contains) : PushCondition(json)
{
    private readonly PropertyPath _path = PropertyPath.Parse(key);

    internal override bool Holds(PushEvent subject, UserId user, string? displayName)
    {
        if (!contains && subject.Id(_path) is { } id)
        {
            return value.Text == id;
        }

        return subject.Value(_path) is { } found && (contains ? Contains(found, value) : value.Is(found));
    }

    internal static bool Contains(JsonElement list, PushScalar value)
    {
        if (list.ValueKind == JsonValueKind.Array)
        {
            foreach (var entry in list.EnumerateArray())
            {
                if (value.Is(entry))
                {
                    return true;
                }
            }
        }

        return false;
    }
}

/// <summary><c>contains_display_name</c>: the user's name in the room stands in the body, as words of its own.</summary>
internal sealed class DisplayNameCondition(string json) : PushCondition(json)
{
    private static readonly PropertyPath Body = PropertyPath.Parse("content.body");

    internal override int Cost => 256;

    internal override bool Holds(PushEvent subject, UserId user, string? displayName)
    {
        subject.ConcernsOne();
        return displayName is not null && subject.Text(Body) is { } body && Glob.ContainsWords(body, displayName);
    }
}

/// <summary><c>room_member_count</c>.</summary>
internal sealed class MemberCountCondition : PushCondition
{
    private readonly long _from;
    private readonly long _to;

    private MemberCountCondition(string json, long from, long to)
        : base(json)
    {
        _from = from;
        _to = to;
    }

    /// <summary>A decimal integer, behind <c>==</c>, <c>&lt;</c>, <c>&gt;</c>, <c>&lt;=</c>, <c>&gt;=</c> or nothing.</summary>
    internal static MemberCountCondition? TryParse(string json, string text)
    {
        var digits = text.AsSpan().TrimStart("<>=");
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        return text.AsSpan(0, text.Length - digits.Length) switch
        {
            "" or "==" => new MemberCountCondition(json, count, count),
            "<" => new MemberCountCondition(json, 0, count - 1),
            "<=" => new MemberCountCondition(json, 0, count),
            ">" => count == long.MaxValue ? null : new MemberCountCondition(json, count + 1, long.MaxValue),
            ">=" => new MemberCountCondition(json, count, long.MaxValue),
            _ => null,
        };
    }

    internal override bool Holds(PushEvent subject, UserId user, string? displayName) =>
        subject.Facts.MemberCount >= _from && subject.Facts.MemberCount <= _to;
}

/// <summary><c>sender_notification_permission</c>: the sender's power level suffices for that kind of notification.</summary>
internal sealed class SenderPermissionCondition(string json, string key) : PushCondition(json)
{
    internal override bool Holds(PushEvent subject, UserId user, string? displayName) => subject.Facts.SenderMayNotify(key);
}

/// <summary>A condition that this server does not know: it never holds.</summary>
internal sealed class UnknownCondition(string json) : PushCondition(json)
{
    internal override bool Holds(PushEvent subject, UserId user, string? displayName) => false;
}

/// <summary>Of a server-default rule: the event is about this user, by its state key or among those mentioned.</summary>
internal sealed class OwnUserCondition(string json, bool mentioned) : PushCondition(json)
{
    /// <summary>Stands in the JSON for the user's id, so that all users share one set of default rules.</summary>
    internal const string Placeholder = "[the user's Matrix ID]";

    internal static readonly PropertyPath Mentions = PropertyPath.Parse(@"content.m\.mentions.user_ids");

    internal override bool Holds(PushEvent subject, UserId user, string? displayName)
    {
        if (mentioned)
        {
            if (subject.Value(Mentions) is not { } list)
            {
                return false;
            }

            subject.ConcernsOne();
            return EventPropertyCondition.Contains(list, PushScalar.Of(user.Value));
        }

        if (subject.Pdu.StateKey is not { } stateKey)
        {
            return false;
        }

        subject.ConcernsOne();
        return stateKey == user.Value;
    }

    internal override string JsonFor(UserId user) => user == default
        ? Json
        : Json.Replace($"\"{Placeholder}\"", JsonSerializer.Serialize(user.Value), StringComparison.Ordinal);
}
