using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Push rules: reading, adding, ordering, switching and removing them, and what syncs tell of it.</summary>
public abstract class PushRuleTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_rule_is_set_read_and_removed_and_sync_tells_it()
    {
        TestClient alice = await User();
        string token = await alice.SyncToken();
        (await alice.Put($"/v3/pushrules/global/content/cake", """{"pattern":"cake*lie","actions":["notify"]}""")).Ok();
        JsonElement rule = (await alice.Get($"/v3/pushrules/global/content/cake")).Ok();
        Assert.Equal("cake*lie", rule.Str("pattern"));
        Assert.True(rule.Bool("enabled"));
        Assert.False(rule.Bool("default"));
        Assert.Equal("cake", (await alice.Get($"/v3/pushrules/global/")).Ok().List("content")[0].Str("rule_id"));
        JsonElement sync = await alice.SyncUntil(token, s => s.List("account_data", "events").Any(e => e.Str("type") == "m.push_rules"));
        JsonElement told = sync.List("account_data", "events").OfType("m.push_rules").At("content");
        Assert.Equal("cake", told.List("global", "content")[0].Str("rule_id"));
        Assert.Contains(told.List("global", "override"), r => r.Str("rule_id") == ".m.rule.master");
        (await alice.Delete($"/v3/pushrules/global/content/cake")).Ok();
        (await alice.Get($"/v3/pushrules/global/content/cake")).Fails(404, "M_NOT_FOUND");
        (await alice.Delete($"/v3/pushrules/global/content/cake")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task A_room_rule_need_not_name_a_room_and_unknown_kinds_are_refused()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/pushrules/global/room/nowhere", """{"actions":["notify"]}""")).Ok();
        Assert.Equal(["nowhere"], (await alice.Get($"/v3/pushrules/global/")).Ok().List("room").Select(r => r.Str("rule_id")));
        (await alice.Get($"/v3/pushrules/global/nothing/")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task New_rules_come_first_and_before_and_after_place_them()
    {
        TestClient alice = await User();
        foreach (string id in new[] { "one", "two" })
        {
            (await alice.Put($"/v3/pushrules/global/override/{id}", """{"conditions":[],"actions":[]}""")).Ok();
        }
        (await alice.Put($"/v3/pushrules/global/override/three?after=two", """{"conditions":[],"actions":[]}""")).Ok();
        (await alice.Put($"/v3/pushrules/global/override/four?before=one", """{"conditions":[],"actions":[]}""")).Ok();
        string[] own = [.. (await alice.Get($"/v3/pushrules/global/")).Ok().List("override").Where(r => !r.Bool("default")).Select(r => r.Str("rule_id"))];
        Assert.Equal(own.Length, own.Distinct().Count());
        Assert.Equal(1, Math.Abs(Array.IndexOf(own, "three") - Array.IndexOf(own, "two")));
        Assert.Equal(1, Math.Abs(Array.IndexOf(own, "four") - Array.IndexOf(own, "one")));
        (await alice.Put($"/v3/pushrules/global/override/five?before=none", """{"conditions":[],"actions":[]}""")).Fails(400, "M_UNKNOWN");
    }

    [Fact]
    public async Task Rules_of_the_server_are_switched_and_given_actions_but_not_removed()
    {
        TestClient alice = await User();
        Assert.False((await alice.Get($"/v3/pushrules/global/override/.m.rule.master/enabled")).Ok().Bool("enabled"));
        (await alice.Put($"/v3/pushrules/global/override/.m.rule.master/enabled", """{"enabled":true}""")).Ok();
        Assert.True((await alice.Get($"/v3/pushrules/global/override/.m.rule.master/enabled")).Ok().Bool("enabled"));
        (await alice.Put($"/v3/pushrules/global/underride/.m.rule.message/actions", """{"actions":["notify",{"set_tweak":"highlight"}]}""")).Ok();
        (await alice.Get($"/v3/pushrules/global/underride/.m.rule.message/actions")).Ok().At("actions").IsJson("""["notify",{"set_tweak":"highlight"}]""");
        (await alice.Delete($"/v3/pushrules/global/override/.m.rule.master")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task What_is_not_a_rule_is_refused()
    {
        TestClient alice = await User();
        (await alice.Get($"/v3/pushrules/global/nonsense/x")).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/pushrules/global/content/.mine", """{"pattern":"a","actions":[]}""")).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/pushrules/global/content/x", """{"pattern":"a"}""")).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON");
        (await alice.Put($"/v3/pushrules/global/content/none/enabled", """{"enabled":true}""")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/pushrules/global/content/none/actions")).Fails(404, "M_NOT_FOUND");
        (await alice.Put($"/v3/pushrules/global/override/.m.rule.master/enabled", """{"enabled":1}""")).Fails(400, "M_BAD_JSON");
    }
}

/// <inheritdoc/>
public sealed class PushRulesOnSqlite(SqliteServer server) : PushRuleTests(server);

/// <inheritdoc/>
public sealed class PushRulesOnPostgres(PostgresServer server) : PushRuleTests(server);
