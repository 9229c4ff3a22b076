using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Password change, deactivation, shared-secret registration, locking and suspending.</summary>
public abstract class AccountTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_changed_password_is_the_only_one_that_logs_in()
    {
        TestClient alice = await User();
        await ChangePassword(alice, "another good password", logoutDevices: true);
        (await Scope.Anonymous().Post($"/v3/login", LoginTests.PasswordLogin(alice))).Fails(403, "M_FORBIDDEN");
        (await Scope.Anonymous().Post($"/v3/login", LoginTests.PasswordLogin(alice, "another good password"))).Ok();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_password_change_logs_other_devices_out_unless_told_not_to(bool logoutDevices)
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        await ChangePassword(phone, "another good password", logoutDevices);
        (await phone.Get($"/v3/account/whoami")).Ok();
        Assert.Equal(logoutDevices ? 401 : 200, (await laptop.Get($"/v3/account/whoami")).Status);
    }

    [Fact]
    public async Task A_deactivated_user_is_logged_out_and_leaves_and_cannot_come_back()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await bob.CreatePublicRoom();
        await alice.Join(room);
        JsonElement answer = (await alice.WithPassword(auth => alice.Post($"/v3/account/deactivate", auth is null ? "{}" : new { auth }))).Ok();
        Assert.Contains(answer.Str("id_server_unbind_result"), (string[])["success", "no-support"]);
        (await alice.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
        (await Scope.Anonymous().Post($"/v3/login", LoginTests.PasswordLogin(alice))).FailsWithOneOf(403, "M_USER_DEACTIVATED", "M_FORBIDDEN");
        string name = alice.UserId[1..alice.UserId.IndexOf(':', StringComparison.Ordinal)];
        (await Scope.Anonymous().Get($"/v3/register/available?username={name}")).Fails(400, "M_USER_IN_USE");
        string token = await bob.SyncToken();
        if (await bob.MembershipOf(room, alice) != "leave")
        {
            await bob.SyncUntil(token, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member"));
        }
        Assert.Equal("leave", await bob.MembershipOf(room, alice));
    }

    [Fact]
    public async Task An_administrator_can_be_made_with_the_shared_secret()
    {
        TestClient admin = await Admin();
        Assert.NotEmpty(admin.AccessToken);
    }

    [Fact]
    public async Task A_wrong_shared_secret_makes_no_account()
    {
        TestClient client = Scope.Anonymous();
        string nonce = (await client.Get($"/_synapse/admin/v1/register")).Ok().Str("nonce");
        Answer answer = await client.Post($"/_synapse/admin/v1/register", new { nonce, username = "intruder", password = "x", admin = true, mac = new string('0', 40) });
        answer.Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_locked_user_gets_M_USER_LOCKED_with_a_soft_logout_everywhere_but_at_logout()
    {
        TestClient admin = await Admin();
        TestClient alice = await User();
        (await admin.Put($"/v1/admin/lock/{alice.UserId}", new { locked = true })).Ok();
        Assert.True((await admin.Get($"/v1/admin/lock/{alice.UserId}")).Ok().Bool("locked"));
        foreach (Answer answer in (Answer[])[await alice.Get($"/v3/sync"), await alice.Get($"/v3/account/whoami"), await alice.Post($"/v3/createRoom"), await alice.Get($"/v3/joined_rooms")])
        {
            Assert.True(answer.Fails(401, "M_USER_LOCKED").Bool("soft_logout"));
        }
        (await admin.Put($"/v1/admin/lock/{alice.UserId}", new { locked = false })).Ok();
        (await alice.Get($"/v3/account/whoami")).Ok();
        (await admin.Put($"/v1/admin/lock/{alice.UserId}", new { locked = true })).Ok();
        (await alice.Post($"/v3/logout")).Ok();
    }

    [Fact]
    public async Task A_suspended_user_reads_and_leaves_but_does_not_speak()
    {
        TestClient admin = await Admin();
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await bob.CreatePublicRoom();
        string other = await bob.CreatePublicRoom();
        await alice.Join(room);
        string own = await alice.Say(room, "before");
        string bobs = await bob.Say(room, "bob's");
        (await admin.Put($"/v1/admin/suspend/{alice.UserId}", new { suspended = true })).Ok();
        Assert.True((await admin.Get($"/v1/admin/suspend/{alice.UserId}")).Ok().Bool("suspended"));
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/{alice.NewTxnId()}", new { msgtype = "m.text", body = "no" })).Fails(403, "M_USER_SUSPENDED");
        (await alice.Post($"/v3/join/{other}")).Fails(403, "M_USER_SUSPENDED");
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = admin.UserId })).Fails(403, "M_USER_SUSPENDED");
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = "x" })).Fails(403, "M_USER_SUSPENDED");
        await alice.Sync();
        Assert.NotEmpty(await alice.WalkMessages(room));
        await alice.Redact(room, own);
        (await alice.Put($"/v3/rooms/{room}/redact/{bobs}/{alice.NewTxnId()}")).FailsWithOneOf(403, "M_USER_SUSPENDED", "M_FORBIDDEN");
        await alice.Leave(room);
        (await admin.Put($"/v1/admin/suspend/{alice.UserId}", new { suspended = false })).Ok();
        await alice.Join(other);
    }

    [Fact]
    public async Task Locking_and_suspending_are_for_administrators_only()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await alice.Put($"/v1/admin/lock/{bob.UserId}", new { locked = true })).Fails(403, "M_FORBIDDEN");
        (await alice.Get($"/v1/admin/lock/{bob.UserId}")).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v1/admin/suspend/{bob.UserId}", new { suspended = true })).Fails(403, "M_FORBIDDEN");
        (await alice.Get($"/v1/admin/suspend/{bob.UserId}")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task An_administrator_cannot_lock_strangers_other_administrators_or_nobody()
    {
        TestClient admin = await Admin();
        TestClient other = await Admin();
        (await admin.Put($"/v1/admin/lock/{"@nobody-here:localhost"}", new { locked = true })).Fails(404, "M_NOT_FOUND");
        (await admin.Put($"/v1/admin/lock/{"@alice:elsewhere.example"}", new { locked = true })).Fails(400, "M_INVALID_PARAM");
        (await admin.Put($"/v1/admin/lock/{other.UserId}", new { locked = true })).Fails(403, "M_FORBIDDEN");
        (await admin.Put($"/v1/admin/suspend/{admin.UserId}", new { suspended = true })).Fails(403, "M_FORBIDDEN");
    }

    private Task<TestClient> Admin() => Scope.Anonymous().RegisterAdmin();

    private static async Task ChangePassword(TestClient user, string newPassword, bool logoutDevices) => (await user.WithPassword(auth => user.Post($"/v3/account/password", auth is null
        ? new { new_password = newPassword, logout_devices = logoutDevices }
        : new { new_password = newPassword, logout_devices = logoutDevices, auth }))).Ok();
}

/// <inheritdoc/>
public sealed class AccountsOnSqlite(SqliteServer server) : AccountTests(server);

/// <inheritdoc/>
public sealed class AccountsOnPostgres(PostgresServer server) : AccountTests(server);
