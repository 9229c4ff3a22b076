using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.OldSync;

/// <summary>All rooms of the user at once (Client-Server API, <c>GET /initialSync</c>, deprecated).</summary>
internal static class InitialSync
{
    private const int LimitDefault = 10;
    private const int LimitMax = 500;

    public static readonly Endpoint Endpoint = new("initialSync", "GET", "/_matrix/client/v3/initialSync", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var limit = request.QueryInteger("limit", LimitDefault, LimitMax);
        var archived = request.QueryFlag("archived") ? "true" : "false";
        var sync = await SyncAsked.Ask(request, null, $$$$"""{"room":{"include_leave":{{{{archived}}}},"timeline":{"limit":{{{{limit}}}}}}}""", stateAfter: true, presence: true);
        var end = SyncAsked.Token(sync);
        var rooms = SyncAsked.Rooms(sync, "join").Concat(SyncAsked.Rooms(sync, "leave")).ToList();
        var published = new Dictionary<string, bool>();
        foreach (var room in rooms)
        {
            published[room.Name] = await request.Grains.GetGrain<IRoomDirectoryGrain>(request.Tenant.Value).IsPublished(RoomId.Parse(room.Name));
        }

        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("end", end);
            writer.WriteStartArray("rooms");
            foreach (var room in rooms)
            {
                WriteRoom(writer, room.Name, room.Value, end, published[room.Name], request.User.Value);
            }

            foreach (var room in SyncAsked.Rooms(sync, "invite"))
            {
                WriteInvite(writer, room.Name, SyncAsked.Events(room.Value, "invite_state").Last());
            }

            writer.WriteEndArray();
            writer.WriteStartArray("receipts");
            foreach (var room in rooms)
            {
                foreach (var receipt in SyncAsked.Events(room.Value, "ephemeral").Where(json => json.GetProperty("type").GetString() == "m.receipt"))
                {
                    writer.WriteEvent(receipt, room.Name);
                }
            }

            writer.WriteEndArray();
            writer.WriteEvents("presence", SyncAsked.Presence(sync), null);
            writer.WriteEvents("account_data", SyncAsked.Events(sync, "account_data"), null);
            writer.WriteEndObject();
        });
    }

    private static void WriteRoom(Utf8JsonWriter writer, string id, JsonElement room, string end, bool isPublished, string user)
    {
        var state = SyncAsked.Events(room, "state_after").ToList();
        var member = state.Find(json => SyncAsked.IsMemberEvent(json, user));
        writer.WriteStartObject();
        writer.WriteString("room_id", id);
        writer.WriteString("membership", member.ValueKind == JsonValueKind.Object ? member.GetProperty("content").GetProperty("membership").GetString() : "leave");
        writer.WriteString("visibility", isPublished ? "public" : "private");
        var timeline = room.GetProperty("timeline");
        writer.WriteStartObject("messages");
        writer.WriteString("start", timeline.GetProperty("prev_batch").GetString());
        writer.WriteString("end", end);
        writer.WriteEvents("chunk", timeline.GetProperty("events").EnumerateArray(), id);
        writer.WriteEndObject();
        writer.WriteEvents("state", state, id);
        writer.WriteEvents("account_data", SyncAsked.Events(room, "account_data"), null);
        writer.WriteEndObject();
    }

    private static void WriteInvite(Utf8JsonWriter writer, string id, JsonElement invite)
    {
        writer.WriteStartObject();
        writer.WriteString("room_id", id);
        writer.WriteString("membership", "invite");
        writer.WriteString("inviter", invite.GetProperty("sender").GetString());
        writer.WritePropertyName("invite");
        writer.WriteEvent(invite, id);
        writer.WriteEndObject();
    }
}
