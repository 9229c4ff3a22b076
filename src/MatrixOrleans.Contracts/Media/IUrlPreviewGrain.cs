namespace MatrixOrleans.Contracts.Media;

/// <summary>What is behind a URL, for the users of one homeserver; key: <see cref="UrlPreviewKey"/>. It fetches once, however many ask.</summary>
[Alias("IUrlPreviewGrain")]
public interface IUrlPreviewGrain : IGrainWithStringKey
{
    /// <returns>An object of Open Graph properties as JSON, UTF-8; empty when nothing could be had.</returns>
    [Alias("Get"), ResponseTimeout("00:01:00")]
    Task<ReadOnlyMemory<byte>> Get();
}

/// <summary>How the grains are named.</summary>
public static class UrlPreviewKey
{
    public static string Of(Protocol.Identifiers.ServerName tenant, Uri url) => $"{tenant.Value} {url.AbsoluteUri}";

    public static (Protocol.Identifiers.ServerName Tenant, Uri Url) Parse(string key)
    {
        var space = key.IndexOf(' ');
        return (Protocol.Identifiers.ServerName.Parse(key[..space]), new Uri(key[(space + 1)..]));
    }
}
