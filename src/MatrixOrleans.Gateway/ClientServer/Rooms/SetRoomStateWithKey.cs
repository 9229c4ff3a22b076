using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Delayed;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>Sends a state event; member events are the membership operations by another path.</summary>
internal static class SetRoomStateWithKey
{
    public static readonly Endpoint Endpoint = new("setRoomStateWithKey", "PUT", "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}", Access.UserOrGuest, Handle)
    {
        Rate = RateClass.Send,
        AlsoPaths = ["/_matrix/client/v3/rooms/{roomId}/state/{eventType}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var (room, type, stateKey) = (request.RoomId, request.Path("eventType"), request.Path("stateKey"));
        var body = await request.JsonObject();
        KnownContent.Check(type, stateKey, body);
        if (type == EventTypes.Member)
        {
            return await MemberState.Handle(request, room, stateKey, body);
        }

        if (request.Session.IsSuspended)
        {
            throw new MatrixException(MatrixError.UserSuspended, "This account has been suspended");
        }

        var content = JsonMarshal.GetRawUtf8Value(body).ToArray();
        if (type == EventTypes.CanonicalAlias && stateKey.Length == 0)
        {
            await request.Grains.GetGrain<IAliasGrain>(0).CheckCanonical(room, content);
        }

        var send = new SendRequest { Sender = request.User, Type = type, StateKey = stateKey, Content = content, OriginServerTs = request.EventTime };
        if (Delaying.AskedMs(request) is { } delayMs)
        {
            return await Delaying.Schedule(request, room, send, delayMs);
        }

        var answer = await request.Grains.GetGrain<IRoomGrain>(room.Value).Send(send);
        if (type == EventTypes.GuestAccess && stateKey.Length == 0)
        {
            await request.Grains.GetGrain<IMembershipGrain>(0).RemoveGuests(room);
        }

        return Answer.Of(new { EventId = answer.EventId.Value });
    }
}
