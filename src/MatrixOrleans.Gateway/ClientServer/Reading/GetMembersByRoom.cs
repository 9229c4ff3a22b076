using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>The member events of a room (Client-Server API, <c>GET /rooms/{roomId}/members</c>).</summary>
internal static class GetMembersByRoom
{
    public static readonly Endpoint Endpoint = new("getMembersByRoom", "GET", "/_matrix/client/v3/rooms/{roomId}/members", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reader = EventArrays.Reader(request);
        var viewer = EventArrays.Viewer(request);
        var query = new MembersQuery { At = request.Query("at"), Membership = Membership(request, "membership"), NotMembership = Membership(request, "not_membership") };
        var events = await EventArrays.AllPages(cursor => reader.Members(viewer, query, cursor));
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteEvents("chunk", events);
            writer.WriteEndObject();
        });
    }

    private static string? Membership(ClientRequest request, string name) => EventArrays.Word(request, name, "join", "invite", "knock", "leave", "ban");
}
