namespace MatrixOrleans.Gateway.Federation;

/// <summary>Every operation of the server-server API that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class ServerRoutes
{
    public static readonly IReadOnlyList<ServerEndpoint> All =
    [
        Rooms.GetEvent.Endpoint,
        Rooms.GetRoomState.Endpoint,
        Rooms.GetRoomStateIds.Endpoint,
        Rooms.GetEventAuth.Endpoint,
        Rooms.BackfillRoom.Endpoint,
        Rooms.GetMissingPreviousEvents.Endpoint,
        Rooms.GetEventByTimestamp.Endpoint,
        Rooms.MakeJoin.Endpoint,
        Rooms.SendJoinV2.Endpoint,
        Rooms.MakeLeave.Endpoint,
        Rooms.SendLeaveV2.Endpoint,
        Rooms.MakeKnock.Endpoint,
        Rooms.SendKnock.Endpoint,
        Rooms.SendInviteV1.Endpoint,
        Rooms.SendInviteV2.Endpoint,
        Rooms.ExchangeThirdPartyInvite.Endpoint,
        Rooms.OnBindThirdPartyIdentifier.Endpoint,
    ];
}
