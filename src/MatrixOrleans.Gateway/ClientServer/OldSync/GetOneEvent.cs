using MatrixOrleans.Contracts.Search;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.OldSync;

/// <summary>One event, whatever room it is in (Client-Server API, <c>GET /events/{eventId}</c>, deprecated).</summary>
internal static class GetOneEvent
{
    public static readonly Endpoint Endpoint = new("getOneEvent", "GET", "/_matrix/client/v3/events/{eventId}", Access.User, async request =>
        new Answer(await request.Grains.GetGrain<ISearchGrain>(0).Event(EventArrays.Viewer(request), EventArrays.EventId(request))));
}
