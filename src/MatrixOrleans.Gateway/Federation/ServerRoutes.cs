using MatrixOrleans.Gateway.Federation.Devices;
using MatrixOrleans.Gateway.Federation.Discovery;
using MatrixOrleans.Gateway.Federation.Keys;
using MatrixOrleans.Gateway.Federation.Media;
using MatrixOrleans.Gateway.Federation.Queries;
using MatrixOrleans.Gateway.Federation.Transactions;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>Every operation of the server-server API that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class ServerRoutes
{
    public static readonly IReadOnlyList<ServerEndpoint> All =
    [
        GetWellKnown.Endpoint,
        GetVersion.Endpoint,
        GetServerKey.Endpoint,
        PerspectivesKeyQuery.Endpoint,
        BulkPerspectivesKeyQuery.Endpoint,
        QueryProfile.Endpoint,
        QueryRoomDirectory.Endpoint,
        QueryInfo.Endpoint,
        GetPublicRooms.Endpoint,
        QueryPublicRooms.Endpoint,
        ExchangeOpenIdToken.Endpoint,
        GetUserDevices.Endpoint,
        QueryUserEncryptionKeys.Endpoint,
        ClaimUserEncryptionKeys.Endpoint,
        SendTransaction.Endpoint,
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
        GetContent.Endpoint,
        GetContentThumbnail.Endpoint,
    ];
}
