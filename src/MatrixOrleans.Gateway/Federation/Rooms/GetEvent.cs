using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class GetEvent
{
    public static readonly ServerEndpoint Endpoint = new("getEvent", "GET", "/_matrix/federation/v1/event/{eventId}", ServerAccess.Server, Handle);

    /// <summary>The request names no room: the event is given if the asking server may have it in any room that has it.</summary>
    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var id = Asked.EventId(request.Path("eventId"));
        foreach (var room in await request.Grains.GetGrain<IInvitedGrain>(0).RoomsOf(id))
        {
            try
            {
                return new Answer(await request.Grains.GetGrain<IResidentGrain>(room.Value).Event(request.Asker(), id));
            }
            catch (MatrixException refusal) when (refusal.Code == MatrixError.NotFound || refusal.Code == MatrixError.Forbidden)
            {
                // Nobody is told that there is such an event in a room that is none of his business.
            }
        }

        throw new MatrixException(MatrixError.NotFound, "Event not found");
    }
}
