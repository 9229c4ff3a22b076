using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Threads;

/// <summary>The three operations on one thread that a user follows (MSC4306). Who may not see the thread's root learns nothing.</summary>
internal static class ThreadSubscription
{
    private const string Path = "/_matrix/client/unstable/io.element.msc4306/rooms/{roomId}/thread/{eventId}/subscription";

    public static readonly Endpoint Get = new("getThreadSubscription", "GET", Path, Access.User, async request =>
        Answer.Of(new { Automatic = await (await Grain(request)).Get(request.RoomId, EventArrays.EventId(request)) }));

    public static readonly Endpoint Put = new("subscribeToThread", "PUT", Path, Access.User, async request =>
    {
        var cause = Cause(await request.OptionalJsonObject());
        await (await Grain(request)).Subscribe(request.RoomId, EventArrays.EventId(request), cause);
        return Answer.Empty;
    });

    public static readonly Endpoint Delete = new("unsubscribeFromThread", "DELETE", Path, Access.User, async request =>
    {
        await (await Grain(request)).Unsubscribe(request.RoomId, EventArrays.EventId(request));
        return Answer.Empty;
    });

    private static async ValueTask<IThreadSubscriptionsGrain> Grain(ClientRequest request)
    {
        try
        {
            await EventArrays.Reader(request).Event(EventArrays.Viewer(request), EventArrays.EventId(request));
        }
        catch (MatrixException hidden) when (hidden.Code == MatrixError.Forbidden)
        {
            throw new MatrixException(MatrixError.NotFound, "There is no such thread");
        }

        return request.Grains.GetGrain<IThreadSubscriptionsGrain>(request.User.Value);
    }

    private static EventId? Cause(JsonElement body)
    {
        if (!body.TryGetProperty("automatic", out var automatic))
        {
            return null;
        }

        return automatic.ValueKind == JsonValueKind.String ? EventId.FromRequest(automatic.GetString()) : throw new MatrixException(MatrixError.BadJson, "automatic must be the id of an event");
    }
}
