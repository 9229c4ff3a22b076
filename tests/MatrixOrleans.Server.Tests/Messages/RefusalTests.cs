using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace MatrixOrleans.Server.Tests.Messages;

public sealed class RefusalTests
{
    [Fact]
    public void A_refusal_crosses_processes_whole()
    {
        using var services = new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(IRoomGrain).Assembly)).BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var refusal = new MatrixException(MatrixError.LimitExceeded, "Slow down") { RetryAfterMs = 500, SoftLogout = true, ExtraJson = """{"a":1}""" };
        var copy = Assert.IsType<MatrixException>(serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(refusal)));
        Assert.Equal((refusal.Code, "Slow down", 500, true, """{"a":1}"""), (copy.Code, copy.Message, copy.RetryAfterMs, copy.SoftLogout, copy.ExtraJson));
    }
}
