using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Versions, well-known documents, capabilities, web clients, and requests that nothing answers.</summary>
public abstract class DiscoveryTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Versions_list_the_specification_that_is_served()
    {
        JsonElement versions = (await Scope.Anonymous().Get($"/_matrix/client/versions")).Ok();
        Assert.Contains("v1.19", versions.List("versions").Select(v => v.GetString()));
    }

    [Fact]
    public async Task Versions_may_be_asked_with_a_token_too()
    {
        TestClient alice = await User();
        (await alice.Get($"/_matrix/client/versions")).Ok();
    }

    [Fact]
    public async Task The_well_known_document_names_the_homeservers_base_url_or_is_not_found()
    {
        Answer answer = await Scope.Anonymous().Get($"/.well-known/matrix/client");
        if (answer.Status == 404)
        {
            // Allowed when no public base URL is configured.
            answer.Fails(404, "M_NOT_FOUND");
            return;
        }
        Assert.StartsWith("http", answer.Ok().Str("m.homeserver", "base_url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_contacts_are_given_or_not_found()
    {
        Answer answer = await Scope.Anonymous().Get($"/.well-known/matrix/support");
        Assert.True(answer.Status is 200 or 404, answer.Text);
    }

    [Fact]
    public async Task Capabilities_tell_room_versions_and_what_may_be_changed()
    {
        TestClient alice = await User();
        JsonElement capabilities = (await alice.Get($"/v3/capabilities")).Ok().At("capabilities");
        Assert.True(capabilities.Bool("m.change_password", "enabled"));
        JsonElement versions = capabilities.At("m.room_versions");
        Assert.Contains(versions.Str("default"), versions.Keys("available"));
        for (int version = 1; version <= 12; version++)
        {
            Assert.Contains($"{version}", versions.Keys("available"));
        }
    }

    [Fact]
    public async Task Capabilities_need_a_token() => (await Scope.Anonymous().Get($"/v3/capabilities")).Fails(401, "M_MISSING_TOKEN");

    [Theory]
    [InlineData("/_matrix/client/v3/no_such_thing")]
    [InlineData("/_matrix/client/v9/sync")]
    [InlineData("/_matrix/unknown/v1/thing")]
    [InlineData("/_matrix/client/v3/rooms")]
    public async Task A_path_that_is_not_implemented_is_404_M_UNRECOGNIZED(string path) =>
        (await Scope.Anonymous().Get(System.Runtime.CompilerServices.FormattableStringFactory.Create(path))).Fails(404, "M_UNRECOGNIZED");

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_405_M_UNRECOGNIZED()
    {
        TestClient alice = await User();
        (await alice.Delete($"/v3/sync")).Fails(405, "M_UNRECOGNIZED");
        (await alice.Get($"/v3/createRoom")).Fails(405, "M_UNRECOGNIZED");
        (await alice.Post($"/v3/account/whoami")).Fails(405, "M_UNRECOGNIZED");
    }

    [Fact]
    public async Task Web_clients_of_every_origin_are_let_in()
    {
        Answer answer = await Scope.Anonymous().Get($"/_matrix/client/versions");
        Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
        Answer refused = await Scope.Anonymous().Get($"/v3/sync");
        Assert.Equal("*", refused.Headers["Access-Control-Allow-Origin"]);
        using HttpClient http = new();
        using HttpRequestMessage preflight = new(HttpMethod.Options, new Uri(Server.BaseAddress, "/_matrix/client/v3/sync"));
        using HttpResponseMessage allowed = await http.SendAsync(preflight);
        Assert.True(allowed.IsSuccessStatusCode);
        string methods = string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Methods"));
        Assert.All(["GET", "POST", "PUT", "DELETE", "OPTIONS"], method => Assert.Contains(method, methods, StringComparison.Ordinal));
        string headers = string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.All(["X-Requested-With", "Content-Type", "Authorization"], header => Assert.Contains(header, headers, StringComparison.Ordinal));
    }
}

/// <inheritdoc/>
public sealed class DiscoveryOnSqlite(SqliteServer server) : DiscoveryTests(server);

/// <inheritdoc/>
public sealed class DiscoveryOnPostgres(PostgresServer server) : DiscoveryTests(server);
