using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>The rooms that the user and another have both joined (Client-Server API, <c>GET /mutual_rooms</c>; MSC2666 with its own names).</summary>
internal static class GetMutualRooms
{
    public static readonly Endpoint Endpoint = new("getMutualRooms", "GET", "/_matrix/client/v1/mutual_rooms", Access.User, async request =>
    {
        var page = await Page(request, request.Query("from"));
        return Answer.Of(new { Joined = page.Rooms.Select(room => room.Value), page.Count, page.NextBatch });
    });

    public static readonly Endpoint Unstable =
        new("getMutualRooms (MSC2666)", "GET", "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms", Access.User, async request =>
        {
            var page = await Page(request, request.Query("batch_token"));
            return Answer.Of(new { Joined = page.Rooms.Select(room => room.Value), page.Count, NextBatchToken = page.NextBatch });
        });

    private static async ValueTask<MutualRoomsPage> Page(ClientRequest request, string? from)
    {
        var other = UserId.FromRequest(request.Query("user_id") ?? throw new MatrixException(MatrixError.InvalidParam, "user_id is missing"));
        return other == request.User
            ? throw new MatrixException(MatrixError.InvalidParam, "You cannot request rooms in common with yourself")
            : await request.Grains.GetGrain<IRoomSummaryGrain>(0).Mutual(request.User, other, from);
    }
}
