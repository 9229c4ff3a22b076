using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>A tenant's queue to one other server (DESIGN 6, "Sending"). Key: the tenant, a bar, the server.</summary>
[Alias("IDestinationGrain")]
public interface IDestinationGrain : IGrainWithStringKey
{
    /// <summary>Something waits in the database; it goes out now, unless the server is failing and its time has not come.</summary>
    [Alias("Wake"), Orleans.Concurrency.OneWay]
    Task Wake();

    /// <summary>A request of that server came: if it was failing, it is tried at once.</summary>
    [Alias("Lives"), Orleans.Concurrency.OneWay]
    Task Lives();

    /// <summary>A message that is worth something only now: it goes with what goes out next, and is lost when the server does not answer.</summary>
    /// <param name="name">One of the same name replaces it.</param>
    /// <param name="edu">The whole EDU as JSON.</param>
    [Alias("Tell"), Orleans.Concurrency.OneWay]
    Task Tell(string name, [Immutable] ReadOnlyMemory<byte> edu);

    static string Key(ServerName tenant, ServerName server) => $"{tenant}|{server}";
}
