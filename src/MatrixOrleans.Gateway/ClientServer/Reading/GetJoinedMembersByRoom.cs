using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>The joined members with their names (Client-Server API, <c>GET /rooms/{roomId}/joined_members</c>).</summary>
internal static class GetJoinedMembersByRoom
{
    public static readonly Endpoint Endpoint = new("getJoinedMembersByRoom", "GET", "/_matrix/client/v3/rooms/{roomId}/joined_members", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reader = EventArrays.Reader(request);
        var viewer = EventArrays.Viewer(request);
        var members = new List<JoinedMember>();
        JoinedMembersPage page;
        do
        {
            page = await reader.JoinedMembers(viewer, members.Count == 0 ? null : members[^1].UserId);
            members.AddRange(page.Members);
        }
        while (page.More);

        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("joined");
            foreach (var member in members)
            {
                writer.WriteStartObject(member.UserId);
                if (member.DisplayName is not null)
                {
                    writer.WriteString("display_name", member.DisplayName);
                }

                if (member.AvatarUrl is not null)
                {
                    writer.WriteString("avatar_url", member.AvatarUrl);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }
}
