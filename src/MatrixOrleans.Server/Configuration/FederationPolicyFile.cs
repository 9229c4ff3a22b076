using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace MatrixOrleans.Server.Configuration;

/// <summary>With whom one homeserver speaks, as a file says it.</summary>
public sealed class TenantPolicy
{
    /// <summary><c>on</c> or <c>off</c>.</summary>
    public string Federation { get; set; } = "on";

    /// <summary>Host names with <c>*</c> and <c>?</c>; missing: all.</summary>
    public List<string>? Allow { get; set; }

    public List<string>? Deny { get; set; }

    internal FederationPolicy Compile() => new(Federation switch
    {
        "on" => true,
        "off" => false,
        _ => throw new FormatException($"federation must be on or off, not '{Federation}'"),
    }, Allow, Deny);
}

/// <summary>The policies of the configuration; where there is a file, it is looked at every few seconds. A file that cannot be read changes nothing.</summary>
public sealed partial class FederationPolicyFile : IFederationPolicies, IDisposable
{
    private const string Default = "default";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly FederationPolicy _fallback;
    private readonly string? _file;
    private readonly ILogger _log;
    private readonly ITimer? _timer;
    private Dictionary<string, FederationPolicy> _policies = [];
    private DateTime _seen;

    public FederationPolicyFile(TenantPolicy fallback, string? file, TimeProvider time, ILogger log)
    {
        (_fallback, _file, _log) = (fallback.Compile(), file, log);
        if (file is not null)
        {
            Look();
            _timer = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
        }
    }

    public FederationPolicy Of(ServerName tenant) =>
        _policies.TryGetValue(tenant.Value, out var own) || _policies.TryGetValue(Default, out own) ? own : _fallback;

    public void Dispose() => _timer?.Dispose();

    /// <exception cref="FormatException">A value is none.</exception>
    internal static Dictionary<string, FederationPolicy> Read(string file)
    {
        var read = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<Dictionary<string, TenantPolicy>>(File.ReadAllText(file));
        return (read ?? []).ToDictionary(entry => entry.Key, entry => (entry.Value ?? new TenantPolicy()).Compile());
    }

    private void Look()
    {
        try
        {
            var written = File.GetLastWriteTimeUtc(_file!);
            if (written != _seen)
            {
                _policies = Read(_file!);
                _seen = written;
                LogRead(_log, _file!, _policies.Count);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or YamlDotNet.Core.YamlException)
        {
            LogUnread(_log, _file!, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Federation policies were read from {File}: {Count}")]
    private static partial void LogRead(ILogger log, string file, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The federation policies in {File} are not taken: {Reason}")]
    private static partial void LogUnread(ILogger log, string file, string reason);
}
