using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using MatrixOrleans.Contracts.Rendezvous;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rendezvous;

/// <summary>The mailbox over which a new device is logged in by its QR code, with HTTP's own tags against lost writes (MSC4108).</summary>
internal static class EtagRendezvous
{
    private const string Collection = "/_matrix/client/unstable/org.matrix.msc4108/rendezvous";
    private const string Item = Collection + "/{rendezvousId}";

    public static readonly Http.Endpoint Create = new("createEtagRendezvous", "POST", Collection, Access.Anybody, HandleCreate) { Rate = RateClass.Login };
    public static readonly Http.Endpoint Get = new("getEtagRendezvous", "GET", Item, Access.Anybody, HandleGet);
    public static readonly Http.Endpoint Put = new("putEtagRendezvous", "PUT", Item, Access.Anybody, HandlePut);
    public static readonly Http.Endpoint Delete = new("deleteEtagRendezvous", "DELETE", Item, Access.Anybody, HandleDelete);

    private static async ValueTask<Answer> HandleCreate(ClientRequest request)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var view = await request.Grains.GetGrain<IRendezvousGrain>(id).Create(await Data(request), ContentType(request));
        var http = request.Http.Request;
        var origin = request.Options.PublicBaseUrls.TryGetValue(request.Tenant.Value, out var url) ? url.TrimEnd('/') : $"{http.Scheme}://{http.Host.Value}";
        return Answer.Of(new { Url = $"{origin}{Collection}/{id}" }, StatusCodes.Status201Created) with { Headers = Headers(view) };
    }

    private static async ValueTask<Answer> HandleGet(ClientRequest request)
    {
        var view = await Grain(request).Get() ?? throw Missing();
        return request.Http.Request.Headers.IfNoneMatch == Quoted(view.Token)
            ? new Answer(default, StatusCodes.Status304NotModified) { Headers = Headers(view) }
            : new Answer(view.Data) { ContentType = view.ContentType, Headers = Headers(view) };
    }

    private static async ValueTask<Answer> HandlePut(ClientRequest request)
    {
        var tag = request.Http.Request.Headers.IfMatch.ToString();
        if (tag.Length == 0)
        {
            throw new MatrixException(MatrixError.MissingParam, "If-Match is missing");
        }

        var put = await Grain(request).Put(tag.Trim('"'), await Data(request), ContentType(request)) ?? throw Missing();
        return put.IsTaken
            ? new Answer("{}"u8.ToArray(), StatusCodes.Status202Accepted) { Headers = Headers(put.View) }
            : Answer.Write(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("errcode", "M_UNKNOWN");
                writer.WriteString("org.matrix.msc4108.errcode", "M_CONCURRENT_WRITE");
                writer.WriteString("error", "Somebody else has written since");
                writer.WriteEndObject();
            }) with
            { Status = StatusCodes.Status412PreconditionFailed, Headers = Headers(put.View) };
    }

    private static async ValueTask<Answer> HandleDelete(ClientRequest request) =>
        await Grain(request).Delete() ? new Answer(default, StatusCodes.Status204NoContent) : throw Missing();

    private static IRendezvousGrain Grain(ClientRequest request) => request.Grains.GetGrain<IRendezvousGrain>(request.Path("rendezvousId"));

    private static MatrixException Missing() => new(MatrixError.NotFound, "No such rendezvous, or none any more");

    private static string Quoted(string token) => $"\"{token}\"";

    private static string ContentType(ClientRequest request) =>
        request.Http.Request.ContentType is "text/plain" or null ? "text/plain" : throw new MatrixException(MatrixError.InvalidParam, "The content type must be text/plain");

    private static async ValueTask<ReadOnlyMemory<byte>> Data(ClientRequest request)
    {
        var reader = request.Http.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(request.Aborted);
            if (result.Buffer.Length > IRendezvousGrain.BytesMax)
            {
                reader.AdvanceTo(result.Buffer.End);
                throw new MatrixException(MatrixError.TooLarge, $"The message is larger than {IRendezvousGrain.BytesMax} bytes");
            }

            if (result.IsCompleted)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static Dictionary<string, string> Headers(RendezvousView view) => new()
    {
        ["ETag"] = Quoted(view.Token),
        ["Expires"] = DateTimeOffset.FromUnixTimeMilliseconds(view.ExpiresMs).ToString("R", CultureInfo.InvariantCulture),
        ["Last-Modified"] = DateTimeOffset.FromUnixTimeMilliseconds(view.ModifiedMs).ToString("R", CultureInfo.InvariantCulture),
        ["Cache-Control"] = "no-store, no-transform",
        ["Pragma"] = "no-cache",
    };
}
