using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Finding users by name. The directory follows the log, so what just changed is asked for until it shows.</summary>
public abstract class UserDirectoryTests(SharedServer server) : ConformanceTest(server)
{
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Who_shares_a_room_or_is_in_a_public_one_is_found_by_id_and_name()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string word = Word();
        await Rename(alice, $"Marisa {word}");
        string hidden = await alice.CreateRoom();
        await Until(bob, word, []);
        await alice.Invite(hidden, bob);
        await bob.Join(hidden);
        await Until(bob, word.ToUpperInvariant(), [alice.UserId]);
        await Until(bob, $"mari {word[..8]}", [alice.UserId]);
        await Until(bob, alice.UserId, [alice.UserId]);
        await Until(alice, word, []);
        await bob.Leave(hidden);
        await Until(bob, word, []);
        string open = await alice.CreatePublicRoom();
        await Until(bob, word, [alice.UserId]);
        await Until(alice, word, [alice.UserId]);
        await alice.SetState(open, "m.room.join_rules", new { join_rule = "invite" });
        await Until(bob, word, []);
        await alice.SetState(open, "m.room.history_visibility", new { history_visibility = "world_readable" });
        await Until(bob, word, [alice.UserId]);
    }

    [Fact]
    public async Task New_names_are_found_and_old_ones_are_not()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (string old, string renamed) = (Word(), Word());
        await Rename(alice, old);
        await alice.CreatePublicRoom();
        await Until(bob, old, [alice.UserId]);
        await Rename(alice, renamed);
        await Until(bob, renamed, [alice.UserId]);
        await Until(bob, old, []);
    }

    [Fact]
    public async Task The_best_come_first_and_the_list_is_cut()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        TestClient dave = await User();
        string word = Word();
        await Rename(bob, $"{word}long");
        await Rename(carol, $"x {word}");
        await Rename(dave, word);
        string room = await alice.CreatePublicRoom();
        foreach (TestClient user in (TestClient[])[bob, carol, dave])
        {
            await user.Join(room);
        }
        JsonElement all = await Until(alice, word, [dave.UserId, carol.UserId, bob.UserId]);
        Assert.False(all.Bool("limited"));
        Assert.Equal(word, all.Str("results", 0, "display_name"));
        JsonElement cut = (await alice.Post($"/v3/user_directory/search", new { search_term = word, limit = 2 })).Ok();
        Assert.Equal([dave.UserId, carol.UserId], cut.List("results").Select(u => u.Str("user_id")));
        Assert.True(cut.Bool("limited"));
    }

    [Fact]
    public async Task A_wrong_search_is_400()
    {
        TestClient alice = await User();
        (await alice.Post($"/v3/user_directory/search", new { })).Fails(400, "M_MISSING_PARAM");
        (await alice.Post($"/v3/user_directory/search", new { search_term = 7 })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/user_directory/search", new { search_term = "a", limit = "x" })).Fails(400, "M_BAD_JSON");
        Assert.Empty((await alice.Post($"/v3/user_directory/search", new { search_term = " @:% " })).Ok().List("results"));
    }

    private static string Word() => $"n{Guid.NewGuid():N}";

    private static async Task Rename(TestClient client, string name) => (await client.Put($"/v3/profile/{client.UserId}/displayname", new { displayname = name })).Ok();

    private static async Task<JsonElement> Until(TestClient client, string term, string[] users)
    {
        DateTime end = DateTime.UtcNow + KnownWithin;
        while (true)
        {
            JsonElement found = (await client.Post($"/v3/user_directory/search", new { search_term = term })).Ok();
            string[] ids = [.. found.List("results").Select(u => u.Str("user_id"))];
            if (ids.SequenceEqual(users) || DateTime.UtcNow > end)
            {
                Assert.Equal(users, ids);
                return found;
            }
            await Task.Delay(50);
        }
    }
}

/// <inheritdoc/>
public sealed class UserDirectoryOnSqlite(SqliteServer server) : UserDirectoryTests(server);

/// <inheritdoc/>
public sealed class UserDirectoryOnPostgres(PostgresServer server) : UserDirectoryTests(server);
