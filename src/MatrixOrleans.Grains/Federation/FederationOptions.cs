using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation;

/// <summary>What the grains need to know of the configuration for federation.</summary>
public sealed class FederationOptions
{
    /// <summary>Servers that are asked for the keys of those that do not answer. Default none.</summary>
    public IReadOnlyList<ServerName> Notaries { get; init; } = [];

    /// <summary>Transactions that are on their way at once, over all destinations of this process. Default 200.</summary>
    public int TransactionsMax { get; init; } = 200;
}
