using MatrixOrleans.Gateway.Federation.Devices;
using MatrixOrleans.Gateway.Federation.Discovery;
using MatrixOrleans.Gateway.Federation.Keys;
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
    ];
}
