using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MatrixOrleans.Server.Tests.RoomDirectory;

public sealed class TenantKeysTests
{
    private static readonly ServerName Tenant = ServerName.Parse("one.test");

    [Fact]
    public async Task A_tenant_keeps_its_key_however_many_processes_open_it()
    {
        var folder = Directory.CreateTempSubdirectory("keys-").FullName;
        var database = await Database.OpenAsync(new DatabaseOptions { ConnectionString = Path.Combine(folder, "test.db") }, TimeProvider.System, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        await database.MigrateAsync(TestContext.Current.CancellationToken);
        await database.StartWriterAsync(TestContext.Current.CancellationToken);
        var processes = Enumerable.Range(0, 4).Select(_ => new TenantKeys(database, TimeProvider.System)).ToList();
        await Task.WhenAll(processes.Select(keys => keys.Open(Tenant)));
        Assert.Single(processes.Select(keys => Convert.ToHexString(keys.For(Tenant).PublicKey)).Distinct());
        Assert.StartsWith("ed25519:", processes[0].For(Tenant).Id, StringComparison.Ordinal);
        Assert.True(processes[0].IsTenant(Tenant));
        Assert.False(processes[0].IsTenant(ServerName.Parse("two.test")));
        Assert.Throws<InvalidOperationException>(() => processes[0].For(ServerName.Parse("two.test")));
        processes.ForEach(keys => keys.Dispose());
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
