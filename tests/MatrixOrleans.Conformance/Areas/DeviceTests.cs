using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Devices, and the user-interactive authentication that deleting them takes.</summary>
public abstract class DeviceTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task All_devices_of_a_user_are_listed()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        string[] ids = [.. (await phone.Get($"/v3/devices")).Ok().List("devices").Select(d => d.Str("device_id")).Order()];
        Assert.Equal([.. new[] { phone.DeviceId, laptop.DeviceId }.Order()], ids);
    }

    [Fact]
    public async Task A_device_can_be_renamed()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/devices/{alice.DeviceId}", new { display_name = "Kitchen" })).Ok();
        Assert.Equal("Kitchen", (await alice.Get($"/v3/devices/{alice.DeviceId}")).Ok().Str("display_name"));
    }

    [Fact]
    public async Task A_device_that_the_user_does_not_have_is_404()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await alice.Get($"/v3/devices/NOSUCH")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/devices/{bob.DeviceId}")).Fails(404, "M_NOT_FOUND");
        (await alice.Put($"/v3/devices/NOSUCH", new { display_name = "x" })).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Deleting_a_device_takes_the_password_and_ends_its_token()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        Answer challenge = await phone.Delete($"/v3/devices/{laptop.DeviceId}", "{}");
        Assert.Equal(401, challenge.Status);
        Assert.NotEmpty(challenge.Body.List("flows"));
        (await laptop.Get($"/v3/account/whoami")).Ok();
        (await phone.WithPassword(auth => phone.Delete($"/v3/devices/{laptop.DeviceId}", auth is null ? "{}" : new { auth }))).Ok();
        (await laptop.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
        (await phone.Get($"/v3/devices/{laptop.DeviceId}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task A_wrong_password_is_401_again_with_M_FORBIDDEN_and_the_same_session()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        string session = (await phone.Delete($"/v3/devices/{laptop.DeviceId}", "{}")).Body.Str("session");
        Answer wrong = await phone.Delete($"/v3/devices/{laptop.DeviceId}", new
        {
            auth = new { type = "m.login.password", identifier = new { type = "m.id.user", user = phone.UserId }, password = "wrong", session },
        });
        wrong.Fails(401, "M_FORBIDDEN");
        Assert.Equal(session, wrong.Body.Str("session"));
        Assert.NotEmpty(wrong.Body.List("flows"));
        (await laptop.Get($"/v3/account/whoami")).Ok();
    }

    [Fact]
    public async Task Another_users_password_does_not_authenticate()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        TestClient mallory = await User("mallory");
        string session = (await phone.Delete($"/v3/devices/{laptop.DeviceId}", "{}")).Body.Str("session");
        Answer answer = await phone.Delete($"/v3/devices/{laptop.DeviceId}", new
        {
            auth = new { type = "m.login.password", identifier = new { type = "m.id.user", user = mallory.UserId }, password = mallory.Password, session },
        });
        Assert.True(answer.Status is 401 or 403, answer.Text);
        (await laptop.Get($"/v3/account/whoami")).Ok();
    }

    [Fact]
    public async Task Several_devices_can_be_deleted_at_once()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        TestClient tablet = await phone.SecondDevice();
        string[] devices = [laptop.DeviceId, tablet.DeviceId];
        (await phone.WithPassword(auth => phone.Post($"/v3/delete_devices", auth is null ? new { devices } : new { devices, auth }))).Ok();
        Assert.Equal(phone.DeviceId, Assert.Single((await phone.Get($"/v3/devices")).Ok().List("devices")).Str("device_id"));
    }

    [Fact]
    public async Task A_finished_session_cannot_be_used_for_another_request()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        TestClient tablet = await phone.SecondDevice();
        string session = (await phone.Delete($"/v3/devices/{laptop.DeviceId}", "{}")).Body.Str("session");
        object auth = new { type = "m.login.password", identifier = new { type = "m.id.user", user = phone.UserId }, password = phone.Password, session };
        (await phone.Delete($"/v3/devices/{laptop.DeviceId}", new { auth })).Ok();
        Answer reuse = await phone.Delete($"/v3/devices/{tablet.DeviceId}", new { auth = new { session } });
        Assert.True(reuse.Status is 401 or 403, reuse.Text);
        (await tablet.Get($"/v3/account/whoami")).Ok();
    }
}

/// <inheritdoc/>
public sealed class DevicesOnSqlite(SqliteServer server) : DeviceTests(server);

/// <inheritdoc/>
public sealed class DevicesOnPostgres(PostgresServer server) : DeviceTests(server);
