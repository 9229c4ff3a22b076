using System.Text;
using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Conformance.Federation;

/// <summary>Keys of servers: ours, others', and whom a request's signature proves.</summary>
public abstract class KeyTests(SharedServer server) : FederatedTest(server)
{
    private const string Version = "/_matrix/federation/v1/version";
    private const string Signed = "/_matrix/federation/v1/query/profile?user_id=%40nobody%3Alocalhost";

    [Fact]
    public async Task A_server_publishes_its_keys_signed_and_its_version()
    {
        await using FakeHomeserver other = await Other();
        Answer answer = await other.AskWith(HttpMethod.Get, "/_matrix/key/v2/server", null, null);
        ServerKeys keys = ServerKeys.Read(Encoding.UTF8.GetBytes(answer.Ok().GetRawText()), ServerName.Parse("localhost"), out string fault)!;
        Assert.Equal("", fault);
        Assert.Single(keys.Keys);
        Assert.True(keys.ValidUntilMs > DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds());
        Assert.Equal("MatrixOrleans", (await other.AskWith(HttpMethod.Get, Version, null, null)).Ok().Str("server", "name"));
        (await other.AskWith(HttpMethod.Get, "/.well-known/matrix/server", null, null)).Fails(404, "M_NOT_FOUND");
        (await other.AskWith(HttpMethod.Get, "/_matrix/federation/v1/nonsense", null, null)).Fails(404, "M_UNRECOGNIZED");
    }

    [Fact]
    public async Task A_request_is_taken_from_the_server_whose_signature_it_has_and_from_nobody_else()
    {
        await using FakeHomeserver other = await Other();
        (await other.AskWith(HttpMethod.Get, Signed, null, null)).Fails(401, "M_UNAUTHORIZED");
        (await other.AskWith(HttpMethod.Get, Signed, null, "Bearer token")).Fails(401, "M_UNAUTHORIZED");
        (await other.AskWith(HttpMethod.Get, Signed, null, "X-Matrix origin=,key=\"\",sig=\"\"")).Fails(401, "M_UNAUTHORIZED");
        (await other.Ask(HttpMethod.Get, Signed)).Fails(404, "M_NOT_FOUND");
        (await other.Ask(HttpMethod.Get, Signed, null, header => header.Replace("destination=\"localhost\"", "destination=\"elsewhere.example\"", StringComparison.Ordinal))).Fails(401, "M_UNAUTHORIZED");
        (await other.Ask(HttpMethod.Get, Signed, null, header => header.Replace("fake", "unknown", StringComparison.Ordinal))).Fails(401, "M_UNAUTHORIZED");
        (await other.Ask(HttpMethod.Get, Signed, null, header => header[..^10] + "AAAAAAAA\"" )).Fails(401, "M_UNAUTHORIZED");

        // Parameters may be unquoted, in any order, with blanks, and of kinds that nobody knows.
        (await other.Ask(HttpMethod.Get, Signed, null, header => header.Replace("X-Matrix ", "x-matrix  future=1 , ", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal))).Fails(404, "M_NOT_FOUND");

        // A signature is good for one request.
        string taken = "";
        await other.Ask(HttpMethod.Get, Signed, null, header => taken = header);
        (await other.AskWith(HttpMethod.Get, Signed + "x", null, taken)).Fails(401, "M_UNAUTHORIZED");
        (await other.AskWith(HttpMethod.Put, "/_matrix/federation/v1/send/1", "{}"u8.ToArray(), taken)).Fails(401, "M_UNAUTHORIZED");
        Assert.Equal(1, other.KeyRequests);
    }

    [Theory]
    [InlineData("another server's")]
    [InlineData("unsigned")]
    [InlineData("badly signed")]
    [InlineData("no JSON")]
    [InlineData("huge")]
    [InlineData("expired")]
    public async Task Keys_that_are_not_to_be_believed_prove_nothing(string lie)
    {
        await using FakeHomeserver other = await Other();
        string keys = other.TrueKeys();
        other.Keys = () => lie switch
        {
            "another server's" => Encoding.UTF8.GetString(ServerKeys.Write(new ServerKeys(ServerName.Parse("victim.example"), [new ServerKey(other.Key.Id, other.Key.PublicKey, null)], other.ValidUntil), other.Key)),
            "unsigned" => keys.Replace("signatures", "signature", StringComparison.Ordinal),
            "badly signed" => keys.Replace($"\"valid_until_ts\":{other.ValidUntil}", $"\"valid_until_ts\":{other.ValidUntil + 1}", StringComparison.Ordinal),
            "no JSON" => "<html>",
            "huge" => keys[..^1] + ",\"unsigned\":\"" + new string('x', 1_000_000) + "\"}",
            _ => keys,
        };
        if (lie == "expired")
        {
            other.ValidUntil = DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds();
            other.Keys = other.TrueKeys;
        }

        (await other.Ask(HttpMethod.Get, Signed)).Fails(401, "M_UNAUTHORIZED");
        (await other.Ask(HttpMethod.Get, Signed)).Fails(401, "M_UNAUTHORIZED");
        Assert.Equal(1, other.KeyRequests);
    }

    [Fact]
    public async Task A_notary_signs_what_other_servers_say_of_their_keys()
    {
        await using FakeHomeserver other = await Other();
        JsonElement one = Assert.Single((await other.AskWith(HttpMethod.Get, $"/_matrix/key/v2/query/{Uri.EscapeDataString(other.Name.Value)}", null, null)).Ok().List("server_keys"));
        Assert.Equal(other.Name.Value, one.Str("server_name"));
        Assert.True(one.GetProperty("signatures").Has("localhost"));
        Assert.True(one.GetProperty("signatures").Has(other.Name.Value));
        byte[] question = JsonSerializer.SerializeToUtf8Bytes(new
        {
            server_keys = new Dictionary<string, object>
            {
                [other.Name.Value] = new Dictionary<string, object> { [other.Key.Id] = new { minimum_valid_until_ts = 5 } },
                ["localhost"] = new { },
                ["127.0.0.1:1"] = new { },
            },
        });
        List<JsonElement> all = [.. (await other.AskWith(HttpMethod.Post, "/_matrix/key/v2/query", question, null)).Ok().List("server_keys")];
        Assert.Equal(["127.0.0.1:" + other.Port, "localhost"], all.Select(key => key.Str("server_name")).Order());
        (await other.AskWith(HttpMethod.Post, "/_matrix/key/v2/query", "{}"u8.ToArray(), null)).Fails(400, "M_MISSING_PARAM");
        (await other.AskWith(HttpMethod.Post, "/_matrix/key/v2/query", """{"server_keys":{"no name!":{}}}"""u8.ToArray(), null)).Fails(400, "M_BAD_JSON");
        (await other.AskWith(HttpMethod.Get, "/_matrix/key/v2/query/localhost?minimum_valid_until_ts=x", null, null)).Fails(400, "M_INVALID_PARAM");
        Assert.Equal(1, other.KeyRequests);
    }
}

/// <summary>The tests on SQLite.</summary>
public sealed class KeySqliteTests(FederatedSqliteServer server) : KeyTests(server);

/// <summary>The tests on PostgreSQL.</summary>
public sealed class KeyPostgresTests(FederatedPostgresServer server) : KeyTests(server);
