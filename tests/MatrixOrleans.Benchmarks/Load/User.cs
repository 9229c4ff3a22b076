using System.Net;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>A registered user with one device.</summary>
/// <param name="From">The loopback address that all requests of the user come from, so that limits per address count people apart.</param>
internal sealed record User(string Id, string Token, IPAddress From);
