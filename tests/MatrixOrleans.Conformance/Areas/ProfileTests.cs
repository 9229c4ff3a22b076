using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Profiles with their standard and custom fields.</summary>
public abstract class ProfileTests(SharedServer server) : ConformanceTest(server)
{
    [Theory]
    [InlineData("displayname", "\"Alice Margatroid\"")]
    [InlineData("avatar_url", "\"mxc://localhost/SDGdghriugerRg\"")]
    [InlineData("m.tz", "\"Europe/London\"")]
    [InlineData("org.example.pronouns", """[{"language":"en","summary":"they/them"}]""")]
    [InlineData("org.example.number", "42")]
    public async Task A_field_is_set_read_and_deleted(string field, string value)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string body = $$"""{"{{field}}":{{value}}}""";
        (await alice.Put($"/v3/profile/{alice.UserId}/{field}", body)).Ok();
        (await bob.Get($"/v3/profile/{alice.UserId}/{field}")).Ok().IsJson(body);
        (await bob.Get($"/v3/profile/{alice.UserId}")).Ok().At(field).IsJson(value);
        (await alice.Delete($"/v3/profile/{alice.UserId}/{field}")).Ok();
        Answer gone = await alice.Get($"/v3/profile/{alice.UserId}/{field}");
        gone.Fails(404, "M_NOT_FOUND");
        Answer rest = await alice.Get($"/v3/profile/{alice.UserId}");
        Assert.False(rest.Body.Has(field));
        (await alice.Delete($"/v3/profile/{alice.UserId}/{field}")).Ok();
    }

    [Fact]
    public async Task Nobody_changes_anothers_profile()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await bob.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = "Mallory" })).Fails(403, "M_FORBIDDEN");
        (await bob.Delete($"/v3/profile/{alice.UserId}/displayname")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_profile_of_nobody_is_404()
    {
        TestClient alice = await User();
        (await alice.Get($"/v3/profile/{"@nobody-here:localhost"}")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/profile/{"@nobody-here:localhost"}/displayname")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/profile/{"nonsense"}")).FailsWithOneOf(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Wrong_fields_and_values_are_400()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = 7 })).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
        (await alice.Put($"/v3/profile/{alice.UserId}/avatar_url", new { avatar_url = "https://example.org/a.png" })).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { other = "x" })).Fails(400, "M_MISSING_PARAM");
        (await alice.Put($"/v3/profile/{alice.UserId}/{"Not A Key"}", """{"Not A Key":"x"}""")).Fails(400, "M_INVALID_PARAM");
        string longKey = "org.example." + new string('k', 260);
        (await alice.Put($"/v3/profile/{alice.UserId}/{longKey}", $$"""{"{{longKey}}":1}""")).FailsWithOneOf(400, "M_KEY_TOO_LARGE");
    }

    [Fact]
    public async Task A_profile_of_more_than_64_KiB_is_M_PROFILE_TOO_LARGE()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/profile/{alice.UserId}/org.example.one", $$"""{"org.example.one":"{{new string('x', 40_000)}}"}""")).Ok();
        (await alice.Put($"/v3/profile/{alice.UserId}/org.example.two", $$"""{"org.example.two":"{{new string('x', 40_000)}}"}""")).Fails(400, "M_PROFILE_TOO_LARGE");
        Assert.False((await alice.Get($"/v3/profile/{alice.UserId}")).Ok().Has("org.example.two"));
    }

    [Fact]
    public async Task A_new_name_and_avatar_reach_the_rooms()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await bob.CreatePublicRoom();
        await alice.Join(room);
        string token = await bob.SyncToken();
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = "Alice" })).Ok();
        JsonElement sync = await bob.SyncUntil(token, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member"));
        JsonElement member = sync.Timeline(room).OfType("m.room.member", alice.UserId);
        Assert.Equal("join", member.Str("content", "membership"));
        Assert.Equal("Alice", member.Str("content", "displayname"));
        (await alice.Put($"/v3/profile/{alice.UserId}/avatar_url", new { avatar_url = "mxc://localhost/abc" })).Ok();
        sync = await bob.SyncUntil(sync.Str("next_batch"), s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member"));
        member = sync.Timeline(room).OfType("m.room.member", alice.UserId);
        Assert.Equal("mxc://localhost/abc", member.Str("content", "avatar_url"));
        Assert.Equal("Alice", member.Str("content", "displayname"));
    }

    [Fact]
    public async Task A_custom_field_makes_no_event()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        int before = (await alice.WalkMessages(room)).Count;
        (await alice.Put($"/v3/profile/{alice.UserId}/org.example.f", new Dictionary<string, string> { ["org.example.f"] = "x" })).Ok();
        Assert.Equal(before, (await alice.WalkMessages(room)).Count);
    }
}

/// <inheritdoc/>
public sealed class ProfileOnSqlite(SqliteServer server) : ProfileTests(server);

/// <inheritdoc/>
public sealed class ProfileOnPostgres(PostgresServer server) : ProfileTests(server);
