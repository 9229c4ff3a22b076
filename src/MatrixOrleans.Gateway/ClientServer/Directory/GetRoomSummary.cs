using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>What a room is, for somebody who is about to join it (Client-Server API, <c>GET /room_summary/{roomIdOrAlias}</c>).</summary>
internal static class GetRoomSummary
{
    private const string OldPrefix = "/_matrix/client/unstable/im.nheko.summary/";

    public static readonly Endpoint Endpoint = new("getRoomSummary", "GET", "/_matrix/client/v1/room_summary/{roomIdOrAlias}", Access.Optional, Handle)
    {
        AlsoPaths = [OldPrefix + "summary/{roomIdOrAlias}", OldPrefix + "rooms/{roomIdOrAlias}/summary"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var text = request.Path("roomIdOrAlias");
        var room = text.StartsWith('#') ? await Resolve(request, RoomAlias.FromRequest(text)) : RoomId.FromRequest(text);
        var oldNames = request.Http.Request.Path.StartsWithSegments(OldPrefix.TrimEnd('/'), StringComparison.Ordinal);
        return new Answer(await request.Grains.GetGrain<IRoomSummaryGrain>(0).Summary(room, request.OptionalSession?.User, oldNames));
    }

    private static async ValueTask<RoomId> Resolve(ClientRequest request, RoomAlias alias) =>
        (await request.Grains.GetGrain<IAliasGrain>(0).Resolve(alias))?.Room ?? throw new MatrixException(MatrixError.NotFound, "Room not found");
}
