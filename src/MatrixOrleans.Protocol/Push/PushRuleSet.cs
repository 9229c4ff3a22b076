using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>
/// All push rules of a user, the server's defaults included (Client-Server API, "Push Rules"). Immutable; two sets are equal when their rules are,
/// whoever's they are, so that users who changed nothing share <see cref="Default"/>.
/// </summary>
public sealed class PushRuleSet : IEquatable<PushRuleSet>
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The rules of a user who changed nothing.</summary>
    public static readonly PushRuleSet Default = new([[], [], [], [], [], []], []);

    /// <summary>By <see cref="PushRuleKind"/>, the most important rule first: master, the user's own, the other defaults.</summary>
    private readonly ImmutableArray<PushRule>[] _rules;

    private readonly FrozenDictionary<string, PushRule> _byRoom;
    private readonly FrozenDictionary<string, PushRule> _bySender;

    /// <summary>What differs from the defaults, which is what makes sets equal.</summary>
    private readonly string _changes;

    /// <param name="own">The user's own rules by <see cref="PushRuleKind"/>, the most important first.</param>
    /// <param name="changed">Default rules that the user switched or gave other actions.</param>
    internal PushRuleSet(ImmutableArray<PushRule>[] own, IReadOnlyCollection<PushRule> changed)
    {
        _rules = [.. PushRuleKinds.All.Select(kind => Ordered(own[(int)kind], DefaultPushRules.Of(kind), changed))];
        _byRoom = this[PushRuleKind.Room].ToFrozenDictionary(r => r.RuleId, StringComparer.Ordinal);
        _bySender = this[PushRuleKind.Sender].ToFrozenDictionary(r => r.RuleId, StringComparer.Ordinal);
        _changes = Encoding.UTF8.GetString(WriteChanges());
        AsksForNames = _rules.Any(rules => rules.Any(rule => rule.Enabled && rule.Conditions.Any(condition => condition is DisplayNameCondition)));
    }

    /// <summary>Whether some rule looks for the user's name in the room.</summary>
    public bool AsksForNames { get; }

    /// <summary>The rules of a kind, the most important first.</summary>
    public ImmutableArray<PushRule> this[PushRuleKind kind] => _rules[(int)kind];

    /// <summary>The rule of that name; <c>null</c> when there is none.</summary>
    public PushRule? Find(PushRuleKind kind, string ruleId) => this[kind].FirstOrDefault(r => r.RuleId == ruleId);

    /// <summary>What the first matching rule says of the event. Rules never match what the user sent; events of ignored users the caller leaves out.</summary>
    /// <param name="displayName">The user's name in the room, when he has one.</param>
    /// <param name="threadSubscribed">Whether the user follows the event's thread; <c>null</c> for an event in none, and for users who never followed any.</param>
    public PushResult Evaluate(PushEvent subject, UserId user, string? displayName, bool? threadSubscribed = null)
    {
        if (subject.Pdu.Sender == user)
        {
            return PushResult.None;
        }

        // Sets of one user's own would only drive out what many share.
        return ReferenceEquals(this, Default) && threadSubscribed is null
            ? subject.Known(this) ?? subject.Keep(this, FirstMatch(subject, user, displayName, null))
            : FirstMatch(subject, user, displayName, threadSubscribed);
    }

    private PushResult FirstMatch(PushEvent subject, UserId user, string? displayName, bool? threadSubscribed)
    {
        var rule = First(PushRuleKind.Override, subject, user, displayName)
            ?? First(PushRuleKind.Content, subject, user, displayName)
            ?? OfThread(threadSubscribed)
            ?? OfId(_byRoom, subject.Pdu.RoomId.Value)
            ?? OfId(_bySender, subject.Pdu.Sender.Value)
            ?? First(PushRuleKind.Underride, subject, user, displayName);
        return new PushResult(rule);
    }

    /// <summary>Writes the content of <c>m.push_rules</c>, which is the answer of <c>GET /pushrules/</c> too.</summary>
    public void Write(Utf8JsonWriter writer, UserId user)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("global"u8);
        WriteGlobal(writer, user);
        writer.WriteEndObject();
    }

    /// <summary>Writes the rules by kind, the answer of <c>GET /pushrules/global/</c>.</summary>
    public void WriteGlobal(Utf8JsonWriter writer, UserId user)
    {
        writer.WriteStartObject();
        foreach (var kind in PushRuleKinds.Shown)
        {
            writer.WriteStartArray(kind.Text());
            foreach (var rule in this[kind])
            {
                rule.Write(writer, user);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>The content of <c>m.push_rules</c>.</summary>
    public byte[] ToBytes(UserId user)
    {
        var output = new ByteBuffer(4096);
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        Write(writer, user);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What to store: the user's own rules and what he changed of the defaults, so that later defaults reach him. Read it with <see cref="PushRuleReader.ReadStored"/>.</summary>
    public byte[] ToStored() => Encoding.UTF8.GetBytes(_changes);

    /// <summary>The same rules with those of one kind replaced.</summary>
    /// <param name="rules">All rules of the kind, defaults included, in their order.</param>
    internal PushRuleSet With(PushRuleKind kind, IEnumerable<PushRule> rules)
    {
        var all = PushRuleKinds.All.Select(k => k == kind ? [.. rules] : this[k]).ToArray();
        return new PushRuleSet(
            [.. all.Select(of => of.Where(r => !r.IsDefault).ToImmutableArray())],
            [.. all.SelectMany(of => of.Where(r => r.IsDefault))]);
    }

    public bool Equals(PushRuleSet? other) => other is not null && other._changes == _changes;

    public override bool Equals(object? obj) => Equals(obj as PushRuleSet);

    public override int GetHashCode() => _changes.GetHashCode(StringComparison.Ordinal);

    private PushRule? OfThread(bool? subscribed) => subscribed is { } follows
        && Find(PushRuleKind.PostContent, follows ? DefaultPushRules.SubscribedThread : DefaultPushRules.UnsubscribedThread) is { Enabled: true } rule ? rule : null;

    private static PushRule? OfId(FrozenDictionary<string, PushRule> rules, string id) =>
        rules.Count > 0 && rules.TryGetValue(id, out var rule) && rule.Enabled ? rule : null;

    private static ImmutableArray<PushRule> Ordered(ImmutableArray<PushRule> own, ImmutableArray<PushRule> defaults, IReadOnlyCollection<PushRule> changed)
    {
        var current = defaults.Select(d => changed.FirstOrDefault(c => c.Kind == d.Kind && c.RuleId == d.RuleId) ?? d).ToList();
        return [.. current.Where(r => r.RuleId == DefaultPushRules.Master), .. own, .. current.Where(r => r.RuleId != DefaultPushRules.Master)];
    }

    private static bool IsUnchanged(PushRule rule)
    {
        var byDefault = DefaultPushRules.Of(rule.Kind).First(d => d.RuleId == rule.RuleId);
        return rule.Enabled == byDefault.Enabled && rule.Actions.Equals(byDefault.Actions);
    }

    private PushRule? First(PushRuleKind kind, PushEvent subject, UserId user, string? displayName)
    {
        foreach (var rule in this[kind])
        {
            if (rule.Matches(subject, user, displayName))
            {
                return rule;
            }
        }

        return null;
    }

    private byte[] WriteChanges()
    {
        var output = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartObject("global"u8);
        foreach (var kind in PushRuleKinds.All)
        {
            var rules = this[kind].Where(r => !r.IsDefault || !IsUnchanged(r)).ToList();
            if (rules.Count == 0)
            {
                continue;
            }

            writer.WriteStartArray(kind.Text());
            foreach (var rule in rules)
            {
                rule.Write(writer, default);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
