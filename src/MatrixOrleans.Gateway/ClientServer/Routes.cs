using MatrixOrleans.Gateway.ClientServer.Directory;
using MatrixOrleans.Gateway.ClientServer.Discovery;
using MatrixOrleans.Gateway.ClientServer.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer;

/// <summary>Every operation that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class Routes
{
    public static readonly IReadOnlyList<Endpoint> All =
    [
        .. Discovery,
        .. Rooms,
        .. Directory,
    ];

    private static IEnumerable<Endpoint> Discovery =>
    [
        GetVersions.Endpoint,
    ];

    private static IEnumerable<Endpoint> Rooms =>
    [
        CreateRoom.Endpoint,
        JoinRoom.Endpoint,
        JoinRoomById.Endpoint,
        KnockRoom.Endpoint,
        LeaveRoom.Endpoint,
        ForgetRoom.Endpoint,
        InviteUser.Endpoint,
        Kick.Endpoint,
        Ban.Endpoint,
        Unban.Endpoint,
        GetJoinedRooms.Endpoint,
        SendMessage.Endpoint,
        SetRoomStateWithKey.Endpoint,
        RedactEvent.Endpoint,
    ];

    private static IEnumerable<Endpoint> Directory =>
    [
        SetRoomAlias.Endpoint,
        GetRoomIdByAlias.Endpoint,
        DeleteRoomAlias.Endpoint,
        GetLocalAliases.Endpoint,
        SetRoomVisibilityOnDirectory.Endpoint,
        GetRoomVisibilityOnDirectory.Endpoint,
        GetPublicRooms.Endpoint,
        QueryPublicRooms.Endpoint,
    ];
}
