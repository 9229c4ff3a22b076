namespace MatrixOrleans.Server.Tests.Reading;

/// <summary>One server for the tests of a collection; each makes rooms and users of its own.</summary>
public sealed class ReadingFixture : IAsyncLifetime
{
    public RoomServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RoomServer.Start();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class ReadingCollection : ICollectionFixture<ReadingFixture>
{
    public const string Name = "a server with rooms";
}
