using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Push;

/// <summary>
/// An event made ready for the push rules of many users: what one user's rules had to read, the next one's find read.
/// Used by one thread at a time.
/// </summary>
public sealed class PushEvent(Pdu pdu, PushFacts facts)
{
    /// <summary>Paths remembered; users may have rules about any.</summary>
    private const int RememberedMax = 64;

    private readonly Dictionary<string, (JsonElement? Value, string? Text)> _read = new(16, StringComparer.Ordinal);

    private PushRuleSet? _knownOf;
    private PushResult _known;
    private bool _concernsOne;

    public Pdu Pdu => pdu;

    public PushFacts Facts => facts;

    /// <summary>
    /// What the rules said of the event, when they say it to everybody. Users who changed nothing share one set of rules, and most events are about nobody:
    /// then the first one's answer is the answer for all.
    /// </summary>
    internal PushResult? Known(PushRuleSet rules)
    {
        _concernsOne = false;
        return ReferenceEquals(rules, _knownOf) ? _known : null;
    }

    internal PushResult Keep(PushRuleSet rules, PushResult result)
    {
        if (!_concernsOne)
        {
            (_knownOf, _known) = (rules, result);
        }

        return result;
    }

    /// <summary>A condition looked at who it is evaluated for.</summary>
    internal void ConcernsOne() => _concernsOne = true;

    /// <summary>Whether the event names the user: by its state key or among those mentioned. For all others, rules that are equal say the same.</summary>
    public bool IsAbout(UserId user) =>
        pdu.StateKey == user.Value || (Value(OwnUserCondition.Mentions) is { } list && EventPropertyCondition.Contains(list, PushScalar.Of(user.Value)));

    /// <summary>The string at the path; <c>null</c> when there is none or it is no string.</summary>
    internal string? Text(PropertyPath path) => path.Text switch
    {
        "type" => pdu.Type,
        "sender" => pdu.Sender.Value,
        "state_key" => pdu.StateKey,
        "room_id" => pdu.RoomId.Value,
        "event_id" => pdu.EventId.Value,
        _ => Read(path).Text,
    };

    /// <summary>The value at the path; <c>null</c> when there is none.</summary>
    internal JsonElement? Value(PropertyPath path) => Read(path).Value;

    /// <summary>The ids that the event's JSON does not hold in every room version.</summary>
    internal string? Id(PropertyPath path) => path.Text switch
    {
        "room_id" => pdu.RoomId.Value,
        "event_id" => pdu.EventId.Value,
        _ => null,
    };

    private (JsonElement? Value, string? Text) Read(PropertyPath path)
    {
        if (_read.TryGetValue(path.Text, out var known))
        {
            return known;
        }

        (JsonElement?, string?) read = path.TryFollow(pdu.Root, out var value)
            ? (value, value.ValueKind == JsonValueKind.String ? value.GetString() : null)
            : (null, null);
        if (_read.Count < RememberedMax)
        {
            _read.Add(path.Text, read);
        }

        return read;
    }
}
