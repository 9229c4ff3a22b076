using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Users;

/// <summary>The user's push rules: account data of which only what differs from the server's defaults is stored.</summary>
public sealed partial class UserGrain
{
    public async ValueTask<ReadOnlyMemory<byte>> PushRule(PushRuleKind kind, string ruleId)
    {
        var rule = (await PushRules()).Require(kind, ruleId);
        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        rule.Write(writer, _user);
        writer.Flush();
        return buffer.WrittenMemory;
    }

    public async ValueTask ChangePushRule(PushRuleChange change)
    {
        var rules = await PushRules();
        var changed = change.Edit switch
        {
            PushRuleEdit.Set => rules.WithRule(change.Kind, change.RuleId, JsonElement.Parse(change.Body.Span), change.Before, change.After),
            PushRuleEdit.Remove => rules.WithoutRule(change.Kind, change.RuleId),
            PushRuleEdit.Actions => rules.WithActions(change.Kind, change.RuleId, JsonElement.Parse(change.Body.Span)),
            _ => rules.WithEnabled(change.Kind, change.RuleId, change.Edit == PushRuleEdit.Enable),
        };
        if (!changed.Equals(rules))
        {
            await _userLog.Write([new AccountDataSet(_user.Value, null, null, AccountDataTypes.PushRules, changed.ToStored())]);
        }
    }

    private async ValueTask<PushRuleSet> PushRules() =>
        (await database.AccountData.Get(_user, null, AccountDataTypes.PushRules))?.Json is { } changes ? PushRuleReader.ReadStored(changes.Span) : PushRuleSet.Default;
}
