using System.Text.Json;
using System.Text.Json.Nodes;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>The specification's own files, read by the checker.</summary>
public sealed class SpecExamplesTests
{
    [Fact]
    public void The_client_server_api_has_166_operations_with_distinct_names()
    {
        OperationTable table = Load(out _);
        Assert.Equal(166, table.All.Count);
        Assert.Equal(166, table.All.Select(o => o.Id).Distinct().Count());
        // Two pairs share method and path: inviting by user id or third-party id, and GET /events with or without a room.
        Assert.Equal(164, table.All.Select(o => (o.Method, o.Path)).Distinct().Count());
    }

    [Fact]
    public void Every_example_of_an_answer_holds_its_schema()
    {
        OperationTable table = Load(out SchemaSource source);
        SchemaChecker checker = new(source);
        List<string> problems = [];
        int examples = 0;
        foreach (Operation operation in table.All)
        {
            foreach ((string status, SpecNode response) in operation.Node["responses"].Members())
            {
                SpecNode content = source.Resolve(response)["content"]["application/json"];
                foreach ((string name, SpecNode example) in content["examples"].Members())
                {
                    SpecNode resolved = source.Resolve(example);
                    if (content["schema"].Exists && resolved["value"].Exists)
                    {
                        examples++;
                        JsonElement value = JsonSerializer.SerializeToElement(Inline(resolved["value"], source));
                        problems.AddRange(checker.Check(value, content["schema"]).Select(p => $"{operation.Id} {status} {name}: {p}"));
                    }
                }
            }
        }
        Assert.True(examples > 150, $"only {examples} examples");
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("GET", "/_matrix/client/v3/sync", "sync")]
    [InlineData("GET", "/_matrix/client/versions", "getVersions")]
    [InlineData("GET", "/.well-known/matrix/client", "getWellknown")]
    [InlineData("GET", "/_matrix/client/v3/rooms/!a%3Ab/state", "getRoomState")]
    [InlineData("GET", "/_matrix/client/v3/rooms/!a%3Ab/state/m.room.name", "getRoomStateWithKey")]
    [InlineData("GET", "/_matrix/client/v3/rooms/!a%3Ab/state/m.room.name/", "getRoomStateWithKey")]
    [InlineData("PUT", "/_matrix/client/v3/rooms/!a%3Ab/state/m.room.name/key", "setRoomStateWithKey")]
    [InlineData("POST", "/_matrix/client/v3/join/%23a%3Ab", "joinRoom")]
    [InlineData("POST", "/_matrix/client/v3/rooms/!a%3Ab/invite", "inviteUser")]
    [InlineData("DELETE", "/_matrix/client/v3/sync", null)]
    public void A_request_finds_its_operation(string method, string path, string? operationId) => Assert.Equal(operationId, Load(out _).Find(method, path)?.Id);

    [Theory]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 200, """{"user_id":"@a:b"}""", true)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 200, """{"user_id":"a"}""", false)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 200, "{}", false)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 201, """{"user_id":"@a:b"}""", false)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 401, """{"errcode":"M_UNKNOWN_TOKEN","error":"x"}""", true)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 401, """{"error":"x"}""", false)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 418, """{"errcode":"M_UNKNOWN"}""", true)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 500, """{"errcode":"M_UNKNOWN"}""", false)]
    [InlineData("GET", "/_matrix/client/v3/account/whoami", 404, "<html>", false)]
    [InlineData("GET", "/_matrix/client/v3/nothing", 404, """{"errcode":"M_UNRECOGNIZED"}""", true)]
    [InlineData("GET", "/_matrix/client/v3/nothing", 404, """{"errcode":"M_NOT_FOUND"}""", false)]
    [InlineData("GET", "/_matrix/client/v3/nothing", 200, "{}", false)]
    public void An_answer_is_judged_by_status_and_body(string method, string path, int status, string body, bool holds)
    {
        Load(out _);
        IReadOnlyList<string> problems = ExchangeChecker.ClientServer!.Check(new Exchange(method, path, null, status, "application/json", body));
        Assert.True(problems.Count == 0 == holds, string.Join("; ", problems.DefaultIfEmpty("no problem")));
    }

    [Fact]
    public void A_wrong_content_type_is_a_problem()
    {
        Load(out _);
        Assert.Single(ExchangeChecker.ClientServer!.Check(new Exchange("GET", "/_matrix/client/versions", null, 200, "text/plain", """{"versions":["v1.19"]}""")));
    }

    [Fact]
    public void A_request_that_the_server_took_is_judged_too()
    {
        Load(out _);
        Exchange taken = new("POST", "/_matrix/client/v3/createRoom", """{"visibility":"secret"}""", 200, "application/json", """{"room_id":"!a:b"}""");
        Assert.Single(ExchangeChecker.ClientServer!.Check(taken));
        Assert.Empty(ExchangeChecker.ClientServer.Check(taken with { Status = 400, ResponseBody = """{"errcode":"M_BAD_JSON"}""" }));
    }

    private static OperationTable Load(out SchemaSource source)
    {
        source = new SchemaSource();
        return new OperationTable(Path.Combine(SpecFolder.Require(), "data", "api", "client-server"), source);
    }

    private static JsonNode? Inline(SpecNode node, SchemaSource source)
    {
        if (node["$ref"].Text is { } reference)
        {
            SpecNode target = source.Follow(reference, node.File);
            JsonObject merged = Inline(target, source) as JsonObject ?? [];
            foreach ((string name, SpecNode value) in node.Members().Where(m => m.Key != "$ref"))
            {
                merged[name] = Inline(value, source);
            }
            return merged;
        }
        return node.Value switch
        {
            JsonObject => new JsonObject(node.Members().Select(m => KeyValuePair.Create(m.Key, Inline(m.Value, source)))),
            JsonArray => new JsonArray([.. node.Elements().Select(e => Inline(e, source))]),
            null => null,
            _ => node.Value.DeepClone(),
        };
    }
}
