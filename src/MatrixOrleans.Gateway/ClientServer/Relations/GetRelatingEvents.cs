using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Relations;

/// <summary>Events that relate to one (Client-Server API, "Forming relationships between events").</summary>
internal static class GetRelatingEvents
{
    public static readonly Endpoint Endpoint =
        new("getRelatingEvents", "GET", "/_matrix/client/v1/rooms/{roomId}/relations/{eventId}", Access.UserOrGuest, Handle);

    private static ValueTask<Answer> Handle(ClientRequest request) => RelatedEvents.Read(request, null, null);
}
