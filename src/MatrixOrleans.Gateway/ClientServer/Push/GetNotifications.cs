using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>What the user was notified of (Client-Server API, <c>GET /notifications</c>).</summary>
internal static class GetNotifications
{
    private const int LimitDefault = 20;

    private const int LimitMax = 100;

    public static readonly Endpoint Endpoint = new("getNotifications", "GET", "/_matrix/client/v3/notifications", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var query = new NotificationsQuery(
            request.Query("from"), request.QueryInteger("limit", LimitDefault, LimitMax), request.Query("only") == "highlight", request.Session.DeviceId);
        var page = await request.Grains.GetGrain<IPushersGrain>(request.User.Value).Notifications(query);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("notifications"u8);
            foreach (var notification in page.Notifications)
            {
                writer.WriteStartObject();
                writer.WriteString("room_id"u8, notification.RoomId);
                writer.WritePropertyName("event"u8);
                writer.WriteRawValue(notification.Event.Span, skipInputValidation: true);
                writer.WritePropertyName("actions"u8);
                writer.WriteRawValue(notification.Actions, skipInputValidation: true);
                writer.WriteBoolean("read"u8, notification.IsRead);
                writer.WriteNumber("ts"u8, notification.Ts);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (page.NextToken is { } next)
            {
                writer.WriteString("next_token"u8, next);
            }

            writer.WriteEndObject();
        });
    }
}
