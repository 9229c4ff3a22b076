using System.Net;
using System.Text;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Media;
using MatrixOrleans.Outbound;
using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>A silo whose way out leads to a small internet in memory.</summary>
public sealed class MediaCluster : IAsyncDisposable
{
    private readonly string _folder;
    private readonly InProcessTestCluster _cluster;

    private MediaCluster(string folder, Database database, InProcessTestCluster cluster, SmallInternet internet) => (_folder, Database, _cluster, Internet) = (folder, database, cluster, internet);

    public Database Database { get; }

    public SmallInternet Internet { get; }

    public IGrainFactory Grains => _cluster.Client;

    public string BlobFolder => Path.Combine(_folder, "media", "blobs");

    public static async Task<MediaCluster> Start()
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = System.IO.Directory.CreateTempSubdirectory("media-").FullName;
        var database = await Database.OpenAsync(new DatabaseOptions { ConnectionString = Path.Combine(folder, "test.db"), SynchronousFull = false }, TimeProvider.System, NullLoggerFactory.Instance, cancel);
        await database.MigrateAsync(cancel);
        await database.StartWriterAsync(cancel);
        var internet = new SmallInternet();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => host.Services
            .AddSingleton(database)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<ISessionInvalidations>(new SessionInvalidations())
            .AddMedia(new MediaOptions { Folder = Path.Combine(folder, "media"), RemoteBytesMax = 1000 })
            .AddSingleton<IFederationClient>(internet)
            .AddSingleton<IWebFetcher>(internet)
            .AddGrains());
        var cluster = builder.Build();
        await cluster.DeployAsync(cancel);
        return new MediaCluster(folder, database, cluster, internet);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await Database.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Answers that were put there beforehand, by URL or by server and path; counts who asks.</summary>
public sealed class SmallInternet : IFederationClient, IWebFetcher
{
    public Dictionary<string, Func<HttpResponseMessage>> Answers { get; } = [];

    public List<string> Asked { get; } = [];

    public Task<byte[]> Send(FederationCall call, CancellationToken cancel = default) => throw new NotSupportedException();

    public Task<FederationAnswer> Open(FederationCall call, CancellationToken cancel = default)
    {
        var response = Find($"{call.Destination}{call.PathAndQuery.Split('?')[0]}");
        return response.IsSuccessStatusCode
            ? Task.FromResult(new FederationAnswer(call, response, TimeProvider.System))
            : throw new FederationException(call.Destination, call.Operation, FederationFailure.Refused, "refused") { Status = (int)response.StatusCode, ErrorCode = response.ReasonPhrase };
    }

    public async Task<FetchedPage> Get(WebFetch fetch, CancellationToken cancel = default)
    {
        var response = Find(fetch.Url.AbsoluteUri);
        return response.IsSuccessStatusCode
            ? new FetchedPage(fetch.Url, response.Content.Headers.ContentType?.ToString(), null, await response.Content.ReadAsStreamAsync(cancel), response)
            : throw new WebFetchException(fetch.Url, "refused");
    }

    public static HttpResponseMessage Page(byte[] body, string contentType)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
        response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return response;
    }

    public static HttpResponseMessage Page(string body, string contentType) => Page(Encoding.UTF8.GetBytes(body), contentType);

    public static HttpResponseMessage Refusal(int status, string errcode) => new((HttpStatusCode)status) { ReasonPhrase = errcode };

    private HttpResponseMessage Find(string where)
    {
        lock (Asked)
        {
            Asked.Add(where);
        }

        return Answers.TryGetValue(where, out var answer) ? answer() : Refusal(404, "M_UNRECOGNIZED");
    }
}
