using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class DeviceTests
{
    private const string Devices = "/_matrix/client/v3/devices";

    [Fact]
    public async Task Devices_are_listed_with_where_they_logged_in()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice", new { device_id = "A", initial_device_display_name = "Phone" })).AccessToken;
        await server.LogIn("alice", device: "B");
        var list = (await server.Call("GET", Devices, token: token)).Is(200).Json.GetProperty("devices");
        Assert.Equal(["A", "B"], list.EnumerateArray().Select(device => device.GetProperty("device_id").GetString()));
        Assert.Equal("Phone", list[0].GetProperty("display_name").GetString());
        Assert.Equal("127.0.0.1", list[0].GetProperty("last_seen_ip").GetString());
        Assert.True(list[0].GetProperty("last_seen_ts").GetInt64() > 0);
        Assert.False(list[1].TryGetProperty("display_name", out _));
    }

    [Fact]
    public async Task A_device_is_renamed_and_keeps_its_name_otherwise()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice", new { device_id = "A/ß", initial_device_display_name = "Phone" })).AccessToken;
        const string path = Devices + "/A%2F%C3%9F";
        (await server.Call("PUT", path, new { display_name = "Tablet" }, token)).Is(200);
        Assert.Equal("Tablet", (await server.Call("GET", path, token: token)).Is(200).String("display_name"));
        (await server.Call("PUT", path, new { }, token)).Is(200);
        Assert.Equal("Tablet", (await server.Call("GET", path, token: token)).Is(200).String("display_name"));
        (await server.Call("PUT", path, new { display_name = new string('x', 256) }, token)).Is(400, "M_INVALID_PARAM");
        (await server.Call("PUT", path, "{\"display_name\":1}", token)).Is(400, "M_BAD_JSON");
        (await server.Call("PUT", Devices + "/none", new { display_name = "x" }, token)).Is(404, "M_NOT_FOUND");
        (await server.Call("PUT", Devices + "/none", new { }, token)).Is(404, "M_NOT_FOUND");
        (await server.Call("GET", Devices + "/none", token: token)).Is(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Deleting_a_device_ends_its_session()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var other = (await server.LogIn("alice", device: "B")).AccessToken;
        Assert.Equal(200, await server.WhoAmI(other));
        (await server.Call("DELETE", Devices + "/B", new { }, token)).Is(401);
        (await server.Call("DELETE", Devices + "/B", new { auth = AccountServer.ByPassword("alice") }, token)).Is(200);
        Assert.Equal(401, await server.WhoAmI(other));
        (await server.Call("DELETE", Devices + "/B", new { auth = AccountServer.ByPassword("alice") }, token)).Is(200);
    }

    [Fact]
    public async Task Nobody_deletes_the_devices_of_others()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice", new { device_id = "A" });
        var alice = (await server.LogIn("alice", device: "B")).AccessToken;
        var bob = (await server.Register("bob")).AccessToken;
        (await server.Call("DELETE", Devices + "/B", new { auth = AccountServer.ByPassword("bob") }, bob)).Is(200);
        Assert.Equal(200, await server.WhoAmI(alice));
    }

    [Fact]
    public async Task Several_devices_go_at_once()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice", new { device_id = "A" })).AccessToken;
        await server.LogIn("alice", device: "B");
        await server.LogIn("alice", device: "C");
        const string path = "/_matrix/client/v3/delete_devices";
        (await server.Call("POST", path, new { devices = (string[])["B"] }, token)).Is(401);
        (await server.Call("POST", path, new { devices = (string[])["B", "C", "none"], auth = AccountServer.ByPassword("alice") }, token)).Is(200);
        Assert.Equal(1, (await server.Call("GET", Devices, token: token)).Json.GetProperty("devices").GetArrayLength());
        (await server.Call("POST", path, new { auth = AccountServer.ByPassword("alice") }, token)).Is(400, "M_MISSING_PARAM");
        (await server.Call("POST", path, new { devices = (string?[])[null], auth = AccountServer.ByPassword("alice") }, token)).Is(400, "M_BAD_JSON");
        (await server.Call("POST", path, new { devices = "B" }, token)).Is(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task Requests_are_noted_in_pieces()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice", new { device_id = "A" })).AccessToken;
        var user = UserId.Parse("@alice:one.test");
        var before = (await server.Database.Devices.Get(user, "A"))!.LastSeenMs;
        server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(200, await server.WhoAmI(token));
        Assert.Equal(before, (await server.Database.Devices.Get(user, "A"))!.LastSeenMs);

        await server.FlushActivity();
        await Eventually(async () => (await server.Database.Devices.Get(user, "A"))!.LastSeenMs > before);
        var seen = (await server.Database.Devices.Get(user, "A"))!;
        Assert.Equal("test/1", seen.LastSeenAgent);
        Assert.Equal("127.0.0.1", seen.LastSeenIp);
    }

    [Fact]
    public async Task Device_ids_are_bounded()
    {
        await using var server = await AccountServer.Start();
        (await server.Register("alice", new { device_id = new string('D', 256) })).Is(400, "M_INVALID_PARAM");
        (await server.Register("alice", new { device_id = "" })).Is(400, "M_INVALID_PARAM");
        (await server.Register("alice", new { device_id = new string('D', 255) })).Is(200);
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        // One-way calls have no end to wait for.
        for (var i = 0; i < 100 && !await condition(); i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.True(await condition());
    }
}
