using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Contracts.Rendezvous;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rendezvous;

/// <summary>The mailbox over which a new device is logged in by its QR code, in JSON with sequence tokens (MSC4388).</summary>
internal static class TokenRendezvous
{
    private const string Collection = "/_matrix/client/unstable/io.element.msc4388/rendezvous";
    private const string Item = Collection + "/{rendezvousId}";

    public static readonly Endpoint Probe = new("probeTokenRendezvous", "GET", Collection, Access.Anybody, _ => ValueTask.FromResult(Answer.Of(new { CreateAvailable = true })));
    public static readonly Endpoint Create = new("createTokenRendezvous", "POST", Collection, Access.Anybody, HandleCreate) { Rate = RateClass.Login };
    public static readonly Endpoint Get = new("getTokenRendezvous", "GET", Item, Access.Anybody, HandleGet);
    public static readonly Endpoint Put = new("putTokenRendezvous", "PUT", Item, Access.Anybody, HandlePut);
    public static readonly Endpoint Delete = new("deleteTokenRendezvous", "DELETE", Item, Access.Anybody, HandleDelete);

    private static async ValueTask<Answer> HandleCreate(ClientRequest request)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var view = await request.Grains.GetGrain<IRendezvousGrain>(id).Create(await Data(request), "text/plain");
        return Answer.Of(new { Id = id, SequenceToken = view.Token, ExpiresInMs = LeftMs(request, view) });
    }

    private static async ValueTask<Answer> HandleGet(ClientRequest request)
    {
        var view = await Grain(request).Get() ?? throw Missing();
        return Answer.Of(new { Data = Encoding.UTF8.GetString(view.Data.Span), SequenceToken = view.Token, ExpiresInMs = LeftMs(request, view) });
    }

    private static async ValueTask<Answer> HandlePut(ClientRequest request)
    {
        var token = JsonMembers.Text(await request.JsonObject(), "sequence_token") ?? throw new MatrixException(MatrixError.MissingParam, "sequence_token is missing");
        var put = await Grain(request).Put(token, await Data(request), "text/plain") ?? throw Missing();
        return put.IsTaken
            ? Answer.Of(new { SequenceToken = put.View.Token })
            : throw new MatrixException(new MatrixError("IO_ELEMENT_MSC4388_CONCURRENT_WRITE", 409), "Somebody else has written since");
    }

    private static async ValueTask<Answer> HandleDelete(ClientRequest request) => await Grain(request).Delete() ? Answer.Empty : throw Missing();

    private static IRendezvousGrain Grain(ClientRequest request) => request.Grains.GetGrain<IRendezvousGrain>(request.Path("rendezvousId"));

    private static MatrixException Missing() => new(MatrixError.NotFound, "No such rendezvous, or none any more");

    private static long LeftMs(ClientRequest request, RendezvousView view) => Math.Max(0, view.ExpiresMs - request.Time.GetUtcNow().ToUnixTimeMilliseconds());

    private static async ValueTask<ReadOnlyMemory<byte>> Data(ClientRequest request)
    {
        var text = JsonMembers.Text(await request.JsonObject(), "data") ?? throw new MatrixException(MatrixError.MissingParam, "data is missing");
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= IRendezvousGrain.BytesMax ? bytes : throw new MatrixException(MatrixError.TooLarge, $"data is larger than {IRendezvousGrain.BytesMax} bytes");
    }
}
