using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Relations;

/// <summary>Events that relate to one in a certain way.</summary>
internal static class GetRelatingEventsWithRelType
{
    public static readonly Endpoint Endpoint =
        new("getRelatingEventsWithRelType", "GET", "/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}", Access.UserOrGuest, Handle);

    private static ValueTask<Answer> Handle(ClientRequest request) => RelatedEvents.Read(request, request.Path("relType"), null);
}
