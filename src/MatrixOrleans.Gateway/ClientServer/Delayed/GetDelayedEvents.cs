using MatrixOrleans.Contracts.Delayed;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Delayed;

/// <summary>The user's events that wait to be sent (MSC4140): all, or one by its id.</summary>
internal static class GetDelayedEvents
{
    public static readonly Endpoint Endpoint = new("getDelayedEvents", "GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", Access.User, Handle)
    {
        AlsoPaths = ["/_matrix/client/v1/delayed_events"],
    };

    public static readonly Endpoint One = new("getDelayedEvent", "GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Access.User, HandleOne)
    {
        AlsoPaths = ["/_matrix/client/v1/delayed_events/{delayId}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var views = await request.Grains.GetGrain<IDelayedEventsGrain>(0).OfUser(request.User);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("delayed_events");
            foreach (var view in views)
            {
                Delaying.Write(writer, view);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static async ValueTask<Answer> HandleOne(ClientRequest request)
    {
        var views = await request.Grains.GetGrain<IDelayedEventsGrain>(0).OfUser(request.User);
        var view = views.FirstOrDefault(view => view.DelayId == request.Path("delayId")) ?? throw new MatrixException(MatrixError.NotFound, "Unknown delayed event");
        return Answer.Write(writer => Delaying.Write(writer, view));
    }
}
