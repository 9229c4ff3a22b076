using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Federation;

/// <summary>With which servers a tenant speaks. It filters what the tenant sends, takes and shows; the state of rooms does not depend on it.</summary>
public sealed class FederationPolicy
{
    private readonly Glob[]? _allowed;
    private readonly Glob[] _denied;

    /// <param name="isEnabled">Off: the tenant speaks with nobody.</param>
    /// <param name="allowed">Globs of host names; <c>null</c>: everybody.</param>
    /// <param name="denied">Globs of host names that are kept out even so.</param>
    public FederationPolicy(bool isEnabled = true, IReadOnlyCollection<string>? allowed = null, IReadOnlyCollection<string>? denied = null)
    {
        IsEnabled = isEnabled;
        _allowed = allowed is null ? null : [.. allowed.Select(Compile)];
        _denied = [.. (denied ?? []).Select(Compile)];
    }

    /// <summary>Everybody may come.</summary>
    public static FederationPolicy Open { get; } = new();

    public bool IsEnabled { get; }

    /// <summary>Whether the tenant speaks with that server. Names are compared without their port and without case.</summary>
    public bool Permits(ServerName server) =>
        IsEnabled && (_allowed is null || Array.Exists(_allowed, glob => glob.IsMatch(server.Host))) && !Array.Exists(_denied, glob => glob.IsMatch(server.Host));

    private static Glob Compile(string pattern) => Glob.Compile(pattern, ignoreCase: true);
}

/// <summary>The policies in force; they may change while the process runs.</summary>
public interface IFederationPolicies
{
    /// <summary>The policy of a tenant now.</summary>
    FederationPolicy Of(ServerName tenant);
}

/// <summary>One policy for all tenants that never changes.</summary>
public sealed class FixedFederationPolicy(FederationPolicy policy) : IFederationPolicies
{
    public FederationPolicy Of(ServerName tenant) => policy;
}
