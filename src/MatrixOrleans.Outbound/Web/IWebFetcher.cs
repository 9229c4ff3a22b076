namespace MatrixOrleans.Outbound.Web;

/// <summary>Gets what is behind a URL that a user or another server named. Nothing private is connected to, also not after a redirect.</summary>
public interface IWebFetcher
{
    /// <exception cref="WebFetchException">There is nothing to be had.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<FetchedPage> Get(WebFetch fetch, CancellationToken cancel = default);
}

/// <summary>What to get.</summary>
/// <param name="Url">Absolute, <c>https</c> or <c>http</c>, without a user's name.</param>
/// <param name="Accept">The header <c>Accept</c>.</param>
public sealed record WebFetch(Uri Url, string Accept = "*/*")
{
    /// <summary>From the first connection to the last byte. Default 20 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most bytes that are read. Default 1 MiB.</summary>
    public long BytesMax { get; init; } = 1024 * 1024;

    /// <summary>What is longer than <see cref="BytesMax"/> ends there, in place of a failure: for pages, whose beginning says what there is to know.</summary>
    public bool CutAtBytesMax { get; init; }

    /// <summary>Only <c>https</c>, after redirects too.</summary>
    public bool HttpsOnly { get; init; }
}

/// <summary>What was got.</summary>
/// <param name="Url">Where it was in the end.</param>
/// <param name="ContentType">As the header has it.</param>
/// <param name="Disposition">As the header has it.</param>
/// <param name="Body">To be read once; disposing the page ends it.</param>
public sealed record FetchedPage(Uri Url, string? ContentType, string? Disposition, Stream Body, IDisposable Lease) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync().ConfigureAwait(false);
        Lease.Dispose();
    }
}

/// <summary>Why there is nothing to be had.</summary>
public sealed class WebFetchException(Uri url, string text, Exception? cause = null) : Exception($"{url.Host}: {text}", cause)
{
    public Uri Url { get; } = url;

    /// <summary>The answer has more bytes than allowed.</summary>
    public bool IsTooLarge { get; init; }
}
