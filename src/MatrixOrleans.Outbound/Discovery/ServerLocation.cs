namespace MatrixOrleans.Outbound.Discovery;

/// <summary>Where a homeserver is and how to speak to it (Server-Server API, "Resolving server names").</summary>
/// <param name="HostHeader">The <c>Host</c> of requests; its host is also the name that the certificate must have.</param>
/// <param name="Targets">Hosts or IP literals with ports, the first to try first.</param>
public sealed record ServerLocation(string HostHeader, IReadOnlyList<ServiceTarget> Targets);
