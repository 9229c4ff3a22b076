using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Relations;

/// <summary>Events of one type that relate to one in a certain way.</summary>
internal static class GetRelatingEventsWithRelTypeAndEventType
{
    public static readonly Endpoint Endpoint =
        new("getRelatingEventsWithRelTypeAndEventType", "GET", "/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}", Access.UserOrGuest, Handle);

    private static ValueTask<Answer> Handle(ClientRequest request) => RelatedEvents.Read(request, request.Path("relType"), request.Path("eventType"));
}
