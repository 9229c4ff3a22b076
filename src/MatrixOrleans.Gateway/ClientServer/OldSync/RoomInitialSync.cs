using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Gateway.ClientServer.OldSync;

/// <summary>One room with its state and newest messages (Client-Server API, <c>GET /rooms/{roomId}/initialSync</c>).</summary>
internal static class RoomInitialSync
{
    public static readonly Endpoint Endpoint = new("roomInitialSync", "GET", "/_matrix/client/v3/rooms/{roomId}/initialSync", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reader = EventArrays.Reader(request);
        var viewer = EventArrays.Viewer(request);
        var state = await EventArrays.AllPages(cursor => reader.State(viewer, cursor));
        var limit = request.QueryInteger("limit", EventArrays.LimitDefault, EventArrays.LimitMax);
        var messages = await reader.Messages(viewer, new MessagesQuery
        {
            Backwards = true,
            Limit = Math.Max(1, limit),
        });
        var published = await request.Grains.GetGrain<IRoomDirectoryGrain>(request.Tenant.Value).IsPublished(request.RoomId);
        var own = await SyncAsked.Ask(
            request, null, $$$$"""{"room":{"include_leave":true,"rooms":[{{{{JsonSerializer.Serialize(request.RoomId.Value)}}}}],"timeline":{"limit":0},"state":{"types":[]}}}""", presence: true);
        var room = SyncAsked.Rooms(own, "join").Concat(SyncAsked.Rooms(own, "leave")).Select(found => found.Value).FirstOrDefault(JsonElement.Parse("{}"));
        var membership = Membership(state, request.User.Value);
        HashSet<string> members = membership == "join" ? Members(state) : [];
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("room_id", request.RoomId.Value);
            if (membership is not null)
            {
                writer.WriteString("membership", membership);
            }

            writer.WriteString("visibility", published ? "public" : "private");
            writer.WriteStartObject("messages");
            writer.WriteString("start", limit == 0 ? messages.Start : messages.End ?? default(RoomToken).ToString());
            writer.WriteString("end", messages.Start);
            writer.WriteEvents("chunk", messages.Chunk.Take(limit).Reverse());
            writer.WriteEndObject();
            writer.WriteEvents("state", state);
            writer.WriteEvents("account_data", SyncAsked.Events(room, "account_data"), null);
            writer.WriteEvents("receipts", SyncAsked.Events(room, "ephemeral").Where(json => json.GetProperty("type").GetString() == "m.receipt"), request.RoomId.Value);
            writer.WriteEvents("presence", SyncAsked.Presence(own).Where(json => members.Contains(json.GetProperty("sender").GetString()!)), null);
            writer.WriteEndObject();
        });
    }

    private static HashSet<string> Members(IEnumerable<ReadOnlyMemory<byte>> state) =>
        [.. state.Select(json => JsonElement.Parse(json.Span)).Where(json => json.GetProperty("type").GetString() == "m.room.member").Select(json => json.GetProperty("state_key").GetString()!)];

    /// <summary><c>null</c> for somebody who has never had anything to do with the room, and reads because the world may.</summary>
    private static string? Membership(IEnumerable<ReadOnlyMemory<byte>> state, string user)
    {
        foreach (var json in state)
        {
            var parsed = JsonElement.Parse(json.Span);
            if (SyncAsked.IsMemberEvent(parsed, user))
            {
                return parsed.GetProperty("content").GetProperty("membership").GetString();
            }
        }

        return null;
    }
}
