using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Federation;

/// <summary>Messages to devices and keys of devices, between servers.</summary>
public abstract class DeviceMessageTests(SharedServer server) : FederatedTest(server)
{
    [Fact]
    public async Task A_message_to_a_device_elsewhere_arrives_also_after_that_server_was_down()
    {
        TestClient alice = await User();
        int port;
        await using (FakeHomeserver other = await Other())
        {
            port = other.Port;
            await Send(alice, other.User("bob").Value, "PHONE", new { n = 1 });
            JsonElement sent = await other.NextEdu("m.direct_to_device", content => content.Str("sender") == alice.UserId);
            Assert.Equal("m.test", sent.Str("type"));
            Assert.Equal(1, sent.Int("messages", other.User("bob").Value, "PHONE", "n"));
        }

        await Send(alice, $"@bob:127.0.0.1:{port}", "PHONE", new { n = 2 });
        await Send(alice, $"@bob:127.0.0.1:{port}", "*", new { n = 3 });
        await using FakeHomeserver back = await FakeHomeserver.Start(Server, "localhost", port);
        List<long> numbers = [];
        await back.Next(_ =>
        {
            numbers = [.. back.All.SelectMany(asked => asked.Body!.Value.List("edus")).SelectMany(edu => edu.At("content", "messages").EnumerateObject()).SelectMany(user => user.Value.EnumerateObject()).Select(device => device.Value.Int("n"))];
            return numbers.Contains(2) && numbers.Contains(3);
        });
        Assert.Equal([2, 3], numbers.Order());
        Assert.Empty(back.Faults);
    }

    [Fact]
    public async Task A_message_from_elsewhere_arrives_once_and_one_bad_message_spoils_nothing_else()
    {
        await using FakeHomeserver other = await Other();
        TestClient alice = await User();
        object[] edus =
        [
            new { edu_type = "m.direct_to_device", content = 5 },
            new { edu_type = "m.direct_to_device", content = new { sender = "@forged:localhost", type = "m.test", message_id = "a", messages = To(alice, new { forged = true }) } },
            new { edu_type = "m.direct_to_device", content = new { sender = other.User("bob").Value, type = "m.test", messages = To(alice, new { without = "id" }) } },
            new { edu_type = "m.unknown", content = new { } },
            new { },
            "text",
            new { edu_type = "m.direct_to_device", content = new { sender = other.User("bob").Value, type = "m.test", message_id = "one", messages = To(alice, new { n = 1 }) } },
        ];
        Assert.Empty((await other.SendTransaction("t1", edus)).Ok().Keys("pdus"));

        // The same transaction again, and the same message in another one.
        (await other.SendTransaction("t1", edus)).Ok();
        JsonElement sync = await alice.Sync();
        Assert.Equal(1, Assert.Single(sync.List("to_device", "events")).Int("content", "n"));
        string token = sync.Str("next_batch");
        await alice.Sync(token);
        (await other.SendTransaction("t2", [edus[^1]])).Ok();
        Assert.Empty((await alice.Sync(token)).List("to_device", "events"));
    }

    [Fact]
    public async Task A_transaction_that_is_none_is_refused()
    {
        await using FakeHomeserver other = await Other();
        const string target = "/_matrix/federation/v1/send/bad";
        (await other.Ask(HttpMethod.Put, target, "{\"pdus\":5}")).Fails(400, "M_BAD_JSON");
        (await other.Ask(HttpMethod.Put, target, "[]")).Fails(400, "M_BAD_JSON");
        (await other.Ask(HttpMethod.Put, target)).Fails(400, "M_NOT_JSON");
        (await other.Ask(HttpMethod.Put, target, new { origin = "elsewhere.example", pdus = Array.Empty<object>() })).Fails(400, "M_INVALID_PARAM");
        (await other.SendTransaction("many", [.. Enumerable.Range(0, 101).Select(_ => new { edu_type = "m.x", content = new { } })])).Fails(400, "M_BAD_JSON");
        (await other.SendTransaction("many", [], [.. Enumerable.Range(0, 51).Select(_ => new { room_id = "!x:y.example" })])).Fails(400, "M_BAD_JSON");
        (await other.AskWith(HttpMethod.Put, target, "{\"pdus\":"u8.ToArray(), null)).FailsWithOneOf(400, "M_NOT_JSON");
        Assert.Empty((await other.SendTransaction("junk", [], [5, "x", new { }, new { room_id = 7 }])).Ok().Keys("pdus"));
    }

    [Fact]
    public async Task Keys_of_devices_are_asked_of_their_servers_and_those_that_fail_are_named()
    {
        await using FakeHomeserver other = await Other();
        TestClient alice = await User();
        string bob = other.User("bob").Value;
        object keys = new { user_id = bob, device_id = "PHONE", algorithms = Array.Empty<string>(), keys = new { }, signatures = new { } };
        other.Answer = asked => asked.Path switch
        {
            "/_matrix/federation/v1/user/keys/query" => (200, new
            {
                device_keys = new Dictionary<string, object>
                {
                    [bob] = new Dictionary<string, object> { ["PHONE"] = keys, ["OTHER"] = keys },
                    [alice.UserId] = new Dictionary<string, object> { ["EVIL"] = keys },
                },
            }),
            "/_matrix/federation/v1/user/keys/claim" => (200, new
            {
                one_time_keys = new Dictionary<string, object> { [bob] = new Dictionary<string, object> { ["PHONE"] = new Dictionary<string, object> { ["signed_curve25519:A"] = new { key = "k", signatures = new { } } } } },
            }),
            _ => (404, new { errcode = "M_NOT_FOUND", error = "nothing" }),
        };
        Dictionary<string, string[]> wanted = new() { [bob] = [], [alice.UserId] = [], ["@x:127.0.0.1:1"] = [] };
        JsonElement answer = (await alice.Post($"/v3/keys/query", new { device_keys = wanted, timeout = 5000 })).Ok();
        Assert.Equal(["PHONE"], answer.Keys("device_keys", bob));
        Assert.Equal(["127.0.0.1:1"], answer.Keys("failures"));
        Assert.DoesNotContain("EVIL", answer.Keys("device_keys", alice.UserId));
        JsonElement claimed = (await alice.Post($"/v3/keys/claim", new { one_time_keys = new Dictionary<string, object> { [bob] = new { PHONE = "signed_curve25519" } } })).Ok();
        Assert.Equal("k", claimed.Str("one_time_keys", bob, "PHONE", "signed_curve25519:A", "key"));
        Assert.Empty(claimed.Keys("failures"));
    }

    [Fact]
    public async Task Another_server_gets_keys_and_devices_of_our_users_and_of_no_others()
    {
        await using FakeHomeserver other = await Other();
        TestClient alice = await User();
        string ed25519 = "ed25519:" + alice.DeviceId;
        KeyPair pair = new();
        (await alice.Post($"/v3/keys/upload", new { device_keys = pair.Device(alice), one_time_keys = new Dictionary<string, object> { ["signed_curve25519:A"] = new { key = "one", signatures = new { } } } })).Ok();
        JsonElement queried = (await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/user/keys/query", new { device_keys = new Dictionary<string, string[]> { [alice.UserId] = [], [other.User("x").Value] = [] } })).Ok();
        Assert.Equal([alice.UserId], queried.Keys("device_keys"));
        Assert.Equal(pair.PublicKey, queried.Str("device_keys", alice.UserId, alice.DeviceId, "keys", ed25519));
        Assert.False(queried.Has("failures"));
        JsonElement devices = (await other.Ask(HttpMethod.Get, $"/_matrix/federation/v1/user/devices/{Uri.EscapeDataString(alice.UserId)}")).Ok();
        Assert.Equal(alice.UserId, devices.Str("user_id"));
        Assert.Equal(0, devices.Int("stream_id"));
        Assert.Equal(alice.DeviceId, Assert.Single(devices.List("devices")).Str("device_id"));
        object claim = new { one_time_keys = new Dictionary<string, object> { [alice.UserId] = new Dictionary<string, string> { [alice.DeviceId] = "signed_curve25519" } } };
        Assert.Equal("one", (await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/user/keys/claim", claim)).Ok().Str("one_time_keys", alice.UserId, alice.DeviceId, "signed_curve25519:A", "key"));
        Assert.Empty((await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/user/keys/claim", claim)).Ok().Keys("one_time_keys"));
        (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/user/devices/%40nobody%3Alocalhost")).Fails(404, "M_NOT_FOUND");
        (await other.Ask(HttpMethod.Get, $"/_matrix/federation/v1/user/devices/{Uri.EscapeDataString(other.User("x").Value)}")).Fails(400, "M_INVALID_PARAM");
        (await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/user/keys/query", new { })).Fails(400, "M_MISSING_PARAM");
        (await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/user/keys/claim", new { one_time_keys = 5 })).Fails(400, "M_BAD_JSON");
    }

    private static Dictionary<string, object> To(TestClient user, object content) => new() { [user.UserId] = new Dictionary<string, object> { [user.DeviceId] = content } };

    private static async Task Send(TestClient from, string user, string device, object content)
    {
        Dictionary<string, object> messages = new() { [user] = new Dictionary<string, object> { [device] = content } };
        (await from.Put($"/v3/sendToDevice/m.test/{from.NewTxnId()}", new { messages })).Ok();
    }
}

/// <summary>The tests on SQLite.</summary>
public sealed class DeviceMessageSqliteTests(FederatedSqliteServer server) : DeviceMessageTests(server);

/// <summary>The tests on PostgreSQL.</summary>
public sealed class DeviceMessagePostgresTests(FederatedPostgresServer server) : DeviceMessageTests(server);
