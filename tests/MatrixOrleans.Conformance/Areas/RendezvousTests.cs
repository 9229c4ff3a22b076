using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>The mailboxes over which devices meet before a log-in (MSC4108, MSC4388), and what calls need to know.</summary>
public abstract class RendezvousTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_mailbox_with_tags_takes_writes_of_those_who_know_the_last_one()
    {
        using HttpClient http = new() { BaseAddress = Server.BaseAddress };
        using HttpResponseMessage created = await http.PostAsync("/_matrix/client/unstable/org.matrix.msc4108/rendezvous", Text("one"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.NotNull(created.Content.Headers.Expires);
        Uri url = new(Server.BaseAddress, new Uri(JsonElement.Parse(await created.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Str("url")).AbsolutePath);
        using HttpResponseMessage got = await http.GetAsync(url, TestContext.Current.CancellationToken);
        Assert.Equal("one", await got.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(created.Headers.ETag, got.Headers.ETag);

        using HttpResponseMessage same = await Send(http, HttpMethod.Get, url, null, ifNoneMatch: got.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        using HttpResponseMessage put = await Send(http, HttpMethod.Put, url, "two", ifMatch: got.Headers.ETag);
        Assert.Equal(HttpStatusCode.Accepted, put.StatusCode);
        using HttpResponseMessage late = await Send(http, HttpMethod.Put, url, "three", ifMatch: got.Headers.ETag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
        Assert.Equal("M_CONCURRENT_WRITE", JsonElement.Parse(await late.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Str("org.matrix.msc4108.errcode"));
        using HttpResponseMessage large = await Send(http, HttpMethod.Put, url, new string('x', 5000), ifMatch: put.Headers.ETag);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using HttpResponseMessage deleted = await http.DeleteAsync(url, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using HttpResponseMessage gone = await http.GetAsync(url, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task A_mailbox_with_sequence_tokens_takes_writes_of_those_who_know_the_last_one()
    {
        TestClient anybody = Scope.Anonymous();
        Assert.True((await anybody.Get($"/unstable/io.element.msc4388/rendezvous")).Ok().Bool("create_available"));
        JsonElement created = (await anybody.Post($"/unstable/io.element.msc4388/rendezvous", new { data = "one" })).Ok();
        string id = created.Str("id");
        JsonElement got = (await anybody.Get($"/unstable/io.element.msc4388/rendezvous/{id}")).Ok();
        Assert.Equal("one", got.Str("data"));
        Assert.InRange(got.Int("expires_in_ms"), 1, 600_000);
        string token = got.Str("sequence_token");
        (await anybody.Put($"/unstable/io.element.msc4388/rendezvous/{id}", new { sequence_token = token, data = "two" })).Ok();
        (await anybody.Put($"/unstable/io.element.msc4388/rendezvous/{id}", new { sequence_token = token, data = "three" })).Fails(409, "IO_ELEMENT_MSC4388_CONCURRENT_WRITE");
        Assert.Equal("two", (await anybody.Get($"/unstable/io.element.msc4388/rendezvous/{id}")).Ok().Str("data"));
        (await anybody.Delete($"/unstable/io.element.msc4388/rendezvous/{id}")).Ok();
        (await anybody.Get($"/unstable/io.element.msc4388/rendezvous/{id}")).Fails(404, "M_NOT_FOUND");
        (await anybody.Post($"/unstable/io.element.msc4388/rendezvous", new { })).Fails(400, "M_MISSING_PARAM");
        (await anybody.Post($"/unstable/io.element.msc4388/rendezvous", new { data = new string('x', 5000) })).Fails(413, "M_TOO_LARGE");
    }

    [Fact]
    public async Task Without_servers_for_calls_none_are_named()
    {
        TestClient alice = await User("alice");
        Assert.Empty((await alice.Get($"/unstable/org.matrix.msc4143/rtc/transports")).Ok().List("rtc_transports"));
    }

    private static StringContent Text(string text)
    {
        StringContent content = new(text, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        return content;
    }

    private static async Task<HttpResponseMessage> Send(HttpClient http, HttpMethod method, Uri url, string? body, EntityTagHeaderValue? ifMatch = null, EntityTagHeaderValue? ifNoneMatch = null)
    {
        using HttpRequestMessage request = new(method, url) { Content = body is null ? null : Text(body) };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(ifMatch);
        }
        if (ifNoneMatch is not null)
        {
            request.Headers.IfNoneMatch.Add(ifNoneMatch);
        }
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}

/// <inheritdoc/>
public sealed class RendezvousOnSqlite(SqliteServer server) : RendezvousTests(server);

/// <inheritdoc/>
public sealed class RendezvousOnPostgres(PostgresServer server) : RendezvousTests(server);
