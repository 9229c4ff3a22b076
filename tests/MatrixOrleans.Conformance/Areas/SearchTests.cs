using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Full-text search. The index follows the log, so what was just sent is looked for until it is found.</summary>
public abstract class SearchTests(SharedServer server) : ConformanceTest(server)
{
    private static readonly TimeSpan IndexedWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Messages_names_and_topics_are_found_by_all_their_words_whatever_the_case()
    {
        TestClient alice = await User();
        string word = Word();
        string room = await alice.CreateRoom(new { name = $"Name {word}", topic = $"Topic {word}" });
        string message = await alice.Say(room, $"Martians, {word.ToUpperInvariant()} and men");
        await alice.Say(room, "Nothing of it");
        JsonElement found = await Until(alice, new { search_term = word }, 3);
        Assert.Equal([word], found.List("highlights").Select(h => h.GetString()));
        Assert.Equal(message, Assert.Single((await Until(alice, new { search_term = $"men {word}", keys = new[] { "content.body" } }, 1)).List("results")).Str("result", "event_id"));
        await Until(alice, new { search_term = word, keys = new[] { "content.topic" } }, 1);
        await Until(alice, new { search_term = word, filter = new { types = new[] { "m.room.name" } } }, 1, count: 3);
        await Until(alice, new { search_term = $"{word} missing{word}" }, 0);
        await Until(alice, new { search_term = "'&|!:* \"" }, 0);
    }

    [Fact]
    public async Task Only_what_the_user_may_see_is_found()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string word = Word();
        string room = await alice.CreateRoom(new { preset = "public_chat", initial_state = new[] { new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = "joined" } } } });
        await alice.Say(room, $"before {word}");
        await bob.Join(room);
        string between = await alice.Say(room, $"between {word}");
        await bob.Leave(room);
        await alice.Say(room, $"after {word}");
        await Until(alice, new { search_term = word }, 3);
        JsonElement found = await Until(bob, new { search_term = word }, 1, count: 3);
        Assert.Equal(between, found.List("results")[0].Str("result", "event_id"));
        await Until(await User(), new { search_term = word }, 0);
    }

    [Fact]
    public async Task What_is_redacted_leaves_the_index()
    {
        TestClient alice = await User();
        string word = Word();
        string room = await alice.CreateRoom();
        string message = await alice.Say(room, $"secret {word}");
        await Until(alice, new { search_term = word }, 1);
        await alice.Redact(room, message);
        await Until(alice, new { search_term = word }, 0, count: 0);
    }

    [Fact]
    public async Task Results_come_by_time_page_by_page_with_context_state_and_groups()
    {
        TestClient alice = await User();
        string word = Word();
        string one = await alice.CreateRoom();
        string other = await alice.CreateRoom();
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = "Alice" })).Ok();
        List<string> sent = [];
        for (int i = 0; i < 5; i++)
        {
            string room = i % 2 == 0 ? one : other;
            string before = await alice.Say(room, "before");
            string hit = await alice.Say(room, $"number {i} {word}");
            long ts = (await alice.Event(room, hit)).Int("origin_server_ts");
            while (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() <= ts)
            {
                await Task.Delay(1);
            }
            sent.Insert(0, hit);
            await alice.Say(room, "after");
        }

        await Until(alice, new { search_term = word, order_by = "recent" }, 5);
        object criteria = new { search_term = word, order_by = "recent", filter = new { limit = 2 }, include_state = true, event_context = new { before_limit = 1, after_limit = 1, include_profile = true }, groupings = new { group_by = new[] { new { key = "room_id" }, new { key = "sender" } } } };
        List<string> paged = [];
        string? next = null;
        JsonElement first = default;
        do
        {
            JsonElement page = await Page(alice, criteria, next);
            first = first.ValueKind == JsonValueKind.Undefined ? page : first;
            paged.AddRange(page.List("results").Select(r => r.Str("result", "event_id")));
            next = page.Has("next_batch") ? page.Str("next_batch") : null;
        }
        while (next is not null && paged.Count < 10);
        Assert.Equal(sent, paged);
        JsonElement context = first.List("results")[0].At("context");
        Assert.Equal("before", context.Str("events_before", 0, "content", "body"));
        Assert.Equal("after", context.Str("events_after", 0, "content", "body"));
        Assert.Equal("Alice", context.Str("profile_info", alice.UserId, "displayname"));
        Assert.Contains(first.List("state", one), e => e.Str("type") == "m.room.create");
        Assert.Equal([sent[0]], first.List("groups", "room_id", one, "results").Select(r => r.GetString()));
        JsonElement rest = await Page(alice, criteria, first.Str("groups", "room_id", one, "next_batch"));
        Assert.Equal([sent[2], sent[4]], rest.List("results").Select(r => r.Str("result", "event_id")));
        Assert.Equal([sent[0], sent[1]], first.List("groups", "sender", alice.UserId, "results").Select(r => r.GetString()));
        await Until(alice, new { search_term = word, filter = new { rooms = new[] { other } } }, 2);
    }

    [Theory]
    [InlineData("""{}""", "M_MISSING_PARAM")]
    [InlineData("""{"search_categories":7}""", "M_BAD_JSON")]
    [InlineData("""{"search_categories":{"room_events":{}}}""", "M_MISSING_PARAM")]
    [InlineData("""{"search_categories":{"room_events":{"search_term":7}}}""", "M_BAD_JSON")]
    [InlineData("""{"search_categories":{"room_events":{"search_term":"a","order_by":"size"}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"search_categories":{"room_events":{"search_term":"a","keys":["content.url"]}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"search_categories":{"room_events":{"search_term":"a","filter":{"limit":"x"}}}}""", "M_BAD_JSON")]
    [InlineData("""{"search_categories":{"room_events":{"search_term":"a","event_context":{"before_limit":-1}}}}""", "M_BAD_JSON")]
    public async Task Wrong_criteria_are_400(string body, string errcode)
    {
        TestClient alice = await User();
        (await alice.Post($"/v3/search", body)).Fails(400, errcode);
        (await alice.Post($"/v3/search?next_batch=nonsense", new { search_categories = new { room_events = new { search_term = "a" } } })).Fails(400, "M_INVALID_PARAM");
    }

    private static string Word() => $"w{Guid.NewGuid():N}";

    private static async Task<JsonElement> Page(TestClient client, object criteria, string? next)
    {
        object body = new { search_categories = new { room_events = criteria } };
        Answer answer = await (next is null ? client.Post($"/v3/search", body) : client.Post($"/v3/search?next_batch={next}", body));
        return answer.Ok().At("search_categories", "room_events");
    }

    private static async Task<JsonElement> Until(TestClient client, object criteria, int results, int? count = null)
    {
        DateTime end = DateTime.UtcNow + IndexedWithin;
        while (true)
        {
            JsonElement found = await Page(client, criteria, null);
            if ((found.List("results").Length == results && found.Int("count") == (count ?? results)) || DateTime.UtcNow > end)
            {
                Assert.Equal(results, found.List("results").Length);
                Assert.Equal(count ?? results, found.Int("count"));
                return found;
            }
            await Task.Delay(50);
        }
    }
}

/// <inheritdoc/>
public sealed class SearchOnSqlite(SqliteServer server) : SearchTests(server);

/// <inheritdoc/>
public sealed class SearchOnPostgres(PostgresServer server) : SearchTests(server);
