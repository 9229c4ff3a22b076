using System.Text;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>What bad input gets: the specification's error code and status, never a server's fault, nothing half-written.</summary>
public abstract class BadInputTests(SharedServer server) : ConformanceTest(server)
{
    /// <summary>Bodies that are no JSON.</summary>
    public static TheoryData<string> NoJson => ["", "{", "nonsense", "{\"a\":1", "{'a':1}", "{\"a\":}", "{}{}", "{\"a\":1,}", "\u0000", "{\"a\":01}", "{\"a\":NaN}"];

    /// <summary>Bodies that are JSON and no object.</summary>
    public static TheoryData<string> NoObject => ["[]", "7", "\"text\"", "null", "true"];

    [Theory]
    [MemberData(nameof(NoJson))]
    public async Task A_body_that_is_no_json_is_M_NOT_JSON(string body)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/1", body)).Fails(400, "M_NOT_JSON");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.name/", body)).Fails(400, "M_NOT_JSON");
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.a", body)).Fails(400, "M_NOT_JSON");
        if (body.Length > 0)
        {
            (await alice.Post($"/v3/createRoom", body)).Fails(400, "M_NOT_JSON");
            (await alice.Post($"/v3/login", body)).Fails(400, "M_NOT_JSON");
        }
    }

    [Theory]
    [MemberData(nameof(NoObject))]
    public async Task A_body_that_is_no_object_is_M_BAD_JSON(string body)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/1", body)).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.name/", body)).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/createRoom", body)).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/login", body)).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/register", body)).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/user/{alice.UserId}/filter", body)).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task Text_that_is_no_UTF8_is_M_NOT_JSON()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        byte[] body = [.. Encoding.UTF8.GetBytes("{\"msgtype\":\"m.text\",\"body\":\""), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"}")];
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/1", body)).FailsWithOneOf(400, "M_NOT_JSON", "M_BAD_JSON");
    }

    [Theory]
    [InlineData("""{"a":1.5}""")]
    [InlineData("""{"a":1e3}""")]
    [InlineData("""{"a":9007199254740992}""")]
    [InlineData("""{"a":-9007199254740992}""")]
    [InlineData("""{"a":{"b":[0.1]}}""")]
    public async Task What_canonical_json_cannot_hold_is_M_BAD_JSON_in_an_event(string content)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/org.example.t/1", content)).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/rooms/{room}/state/org.example.t/", content)).Fails(400, "M_BAD_JSON");
        Assert.DoesNotContain(await alice.WalkMessages(room), e => e.Str("type") == "org.example.t");
    }

    [Fact]
    public async Task An_object_with_a_member_twice_is_refused()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/org.example.t/1", """{"a":1,"a":2}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_NOT_JSON");
    }

    [Fact]
    public async Task A_lone_surrogate_is_refused()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/org.example.t/1", """{"a":"\ud800"}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_NOT_JSON");
    }

    [Fact]
    public async Task Json_nested_too_deeply_is_400()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string deep = $$"""{"a":{{new string('[', 5000)}}{{new string(']', 5000)}}}""";
        (await alice.Put($"/v3/rooms/{room}/send/org.example.t/1", deep)).FailsWithOneOf(400, "M_BAD_JSON", "M_NOT_JSON");
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.t", deep)).FailsWithOneOf(400, "M_BAD_JSON", "M_NOT_JSON");
    }

    [Fact]
    public async Task A_huge_body_is_413_M_TOO_LARGE()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string huge = $$"""{"a":"{{new string('x', 5_000_000)}}"}""";
        (await alice.Put($"/v3/rooms/{room}/send/org.example.t/1", huge)).Fails(413, "M_TOO_LARGE");
        (await alice.Post($"/v3/createRoom", huge)).Fails(413, "M_TOO_LARGE");
    }

    [Fact]
    public async Task Room_ids_and_event_ids_that_are_none_are_refused_as_such()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        foreach (string id in (string[])["nonsense", "!", "#a:b", "!" + new string('x', 300) + ":localhost", "%2F"])
        {
            Answer answer = await alice.Get($"/v3/rooms/{id}/state");
            Assert.True(answer.Status is 400 or 403 or 404 && answer.Errcode is "M_INVALID_PARAM" or "M_FORBIDDEN" or "M_NOT_FOUND" or "M_UNRECOGNIZED", $"{id}: {answer.Status} {answer.Text}");
        }
        foreach (string id in (string[])["nonsense", "$", "$" + new string('x', 300), "$a b"])
        {
            Answer answer = await alice.Get($"/v3/rooms/{room}/event/{id}");
            Assert.True(answer.Status is 400 or 404 && answer.Errcode is "M_INVALID_PARAM" or "M_NOT_FOUND", $"{id}: {answer.Status} {answer.Text}");
        }
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=100000")]
    [InlineData("limit=9223372036854775807")]
    public async Task A_limit_beyond_bounds_is_clamped_or_refused(string query)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string path = $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/messages?dir=b&{query}";
        Answer answer = await alice.Get(System.Runtime.CompilerServices.FormattableStringFactory.Create(path));
        Assert.True(answer.Status is 200 or 400, answer.Text);
    }

    [Fact]
    public async Task A_wrong_member_type_is_M_BAD_JSON()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/state/m.room.member/{alice.UserId}", """{"membership":7}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.member/{alice.UserId}", """{"membership":"dancing"}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.member/{alice.UserId}", "{}")).FailsWithOneOf(400, "M_BAD_JSON", "M_MISSING_PARAM", "M_INVALID_PARAM");
        (await alice.Post($"/v3/rooms/{room}/leave", """{"reason":7}""")).Fails(400, "M_BAD_JSON");
        Assert.Equal("join", await alice.MembershipOf(room, alice));
    }

    [Fact]
    public async Task A_refused_send_leaves_its_transaction_id_free()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/same", "{broken")).Fails(400, "M_NOT_JSON");
        string id = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "whole" })).Ok().Str("event_id");
        Assert.Equal("whole", (await alice.Event(room, id)).Str("content", "body"));
    }
}

/// <inheritdoc/>
public sealed class BadInputOnSqlite(SqliteServer server) : BadInputTests(server);

/// <inheritdoc/>
public sealed class BadInputOnPostgres(PostgresServer server) : BadInputTests(server);
