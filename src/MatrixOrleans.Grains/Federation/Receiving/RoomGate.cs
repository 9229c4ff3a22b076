using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>Whether a server may speak about a room (Server-Server API, "Server Access Control Lists").</summary>
public sealed class RoomGate(Database database)
{
    private static readonly StateKey Acl = new(EventTypes.ServerAcl, "");

    /// <summary>The room, when it is here, the tenant takes part in it, and its access control list lets the server in; else <c>null</c>.</summary>
    public async ValueTask<RoomRecord?> Enter(RoomId id, ServerName origin, ServerName tenant)
    {
        if (await CurrentState.Load(database, id) is not { } state
            || !(await database.Outgoing.JoinedServers(state.Room.Nid)).Contains(tenant))
        {
            return null;
        }

        var acl = ServerAcl.Of((await state.Events([Acl])).GetValueOrDefault(Acl));
        return acl.Allows(origin) && acl.Allows(tenant) ? state.Room : null;
    }
}
