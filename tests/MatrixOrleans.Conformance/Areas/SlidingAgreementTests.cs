using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>All sliding-sync answers together say the same as all answers of /sync, whatever happens and however the window moves.</summary>
public abstract class SlidingAgreementTests(SharedServer server) : ConformanceTest(server)
{
    private const int StepsMax = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Answers_put_together_equal_state_and_timeline_of_sync(int seed)
    {
        // Deterministic: the seed in the test's name replays it.
        Random random = new(seed);
        TestClient alice = await User();
        TestClient bob = await User();
        List<string> rooms = [];
        for (int i = 0; i < 4; i++)
        {
            rooms.Add(await alice.CreatePublicRoom());
        }
        await bob.Join(rooms[0]);
        HashSet<string> joined = [rooms[0]];
        SlidingReader sliding = new();
        SlidingReader syncing = new();
        string? token = null;
        for (int step = 0; step < StepsMax; step++)
        {
            string room = rooms[random.Next(rooms.Count)];
            switch (random.Next(8))
            {
                case 0 when !joined.Contains(room):
                    await bob.Join(room);
                    joined.Add(room);
                    break;
                case 0:
                    await bob.Leave(room);
                    joined.Remove(room);
                    break;
                case 1:
                    await alice.SetState(room, "m.room.topic", new { topic = $"t{step}" });
                    break;
                case 2:
                    await alice.SetState(room, "test.state", new { step }, $"k{random.Next(3)}");
                    break;
                case 3:
                    for (int i = 0; i < 6; i++)
                    {
                        await alice.Say(room, $"burst {step} {i}");
                    }
                    break;
                default:
                    await alice.Say(room, $"m{step}");
                    break;
            }
            if (random.Next(3) == 0)
            {
                int limit = 1 + random.Next(4);
                JsonElement answer = await bob.Slide(Body(random.Next(4), limit), random.Next(12) == 0 ? sliding.Restart() : sliding.Pos);
                if (random.Next(5) > 0)
                {
                    sliding.TakeSliding(answer, bob.UserId);
                }
            }
            if (random.Next(3) == 0)
            {
                JsonElement answer = await bob.Sync(token, """{"room":{"timeline":{"limit":4}}}""", stateAfter: true);
                syncing.TakeSync(answer);
                token = answer.Str("next_batch");
            }
        }
        sliding.TakeSliding(await bob.Slide(Body(99, 4), sliding.Pos), bob.UserId);
        syncing.TakeSync(await bob.Sync(token, """{"room":{"timeline":{"limit":4}}}""", stateAfter: true));
        foreach (string room in joined)
        {
            string[] current = [.. (await bob.FullState(room)).Ids().Order()];
            Assert.Equal(current, syncing.State(room));
            Assert.Equal(current, sliding.State(room));
            string[] history = [.. (await bob.WalkMessages(room)).Ids().Reverse()];
            Assert.Equal(history.TakeLast(sliding.Timeline(room).Count), sliding.Timeline(room));
            Assert.Equal(history.TakeLast(syncing.Timeline(room).Count), syncing.Timeline(room));
            Assert.NotEmpty(sliding.Timeline(room));
        }
        Assert.Equal(joined.Order(), sliding.Rooms);
        Assert.Equal(joined.Order(), syncing.Rooms);
    }

    private static Dictionary<string, object> Body(int to, int timeline) => SlidingCalls.List(to, timeline, [["*", "*"]]);

    /// <summary>A client that believes every answer and keeps nothing else.</summary>
    private sealed class SlidingReader
    {
        private readonly Dictionary<string, (Dictionary<string, string> State, List<string> Timeline)> _rooms = [];

        public string? Pos { get; private set; }

        public IEnumerable<string> Rooms => _rooms.Keys.Order();

        /// <summary>A new connection starts from nothing.</summary>
        public string? Restart()
        {
            _rooms.Clear();
            Pos = null;
            return null;
        }

        public string[] State(string room) => [.. _rooms[room].State.Values.Order()];

        public List<string> Timeline(string room) => _rooms[room].Timeline;

        public void TakeSliding(JsonElement answer, string self)
        {
            Pos = answer.Str("pos");
            foreach (string room in answer.Keys("rooms"))
            {
                JsonElement section = answer.At("rooms", room);
                bool replaces = section.Has("initial") || section.Has("unstable_expanded_timeline");
                Take(room, section.Has("initial"), replaces || (section.Has("limited") && section.Bool("limited")), section.List("timeline"), section.List("required_state"));
                if (section.List("required_state").Any(e => e.Str("type") == "m.room.member" && e.Str("state_key") == self && e.Str("content", "membership") != "join"))
                {
                    _rooms.Remove(room);
                }
            }
        }

        public void TakeSync(JsonElement answer)
        {
            foreach (string room in answer.Keys("rooms", "join"))
            {
                JsonElement section = answer.Joined(room);
                Take(room, false, section.Bool("timeline", "limited"), section.List("timeline", "events"), section.List("state_after", "events"));
            }
            foreach (string room in answer.Keys("rooms", "leave"))
            {
                _rooms.Remove(room);
            }
        }

        private void Take(string room, bool isNew, bool isGap, JsonElement[] timeline, JsonElement[] state)
        {
            if (isNew || !_rooms.TryGetValue(room, out var known))
            {
                _rooms[room] = known = ([], []);
            }
            if (isGap)
            {
                known.Timeline.Clear();
            }
            known.Timeline.AddRange(timeline.Ids());
            foreach (JsonElement pdu in state)
            {
                known.State[pdu.Str("type") + "/" + pdu.Str("state_key")] = pdu.Str("event_id");
            }
        }
    }
}

/// <inheritdoc/>
public sealed class SlidingAgreementOnSqlite(SqliteServer server) : SlidingAgreementTests(server);

/// <inheritdoc/>
public sealed class SlidingAgreementOnPostgres(PostgresServer server) : SlidingAgreementTests(server);
