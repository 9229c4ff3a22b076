using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>The user's pushers (Client-Server API, <c>GET /pushers</c>), with what MSC3881 adds.</summary>
internal static class GetPushers
{
    public static readonly Endpoint Endpoint = new("getPushers", "GET", "/_matrix/client/v3/pushers", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var pushers = await request.Grains.GetGrain<IPushersGrain>(request.User.Value).All();
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("pushers"u8);
            foreach (var pusher in pushers)
            {
                writer.WriteStartObject();
                writer.WriteString("kind"u8, pusher.Kind);
                writer.WriteString("app_id"u8, pusher.AppId);
                writer.WriteString("pushkey"u8, pusher.PushKey);
                writer.WriteString("app_display_name"u8, pusher.AppDisplayName);
                writer.WriteString("device_display_name"u8, pusher.DeviceDisplayName);
                if (pusher.ProfileTag is { } tag)
                {
                    writer.WriteString("profile_tag"u8, tag);
                }

                writer.WriteString("lang"u8, pusher.Lang);
                writer.WritePropertyName("data"u8);
                writer.WriteRawValue(pusher.Data.Span, skipInputValidation: true);
                writer.WriteBoolean("org.matrix.msc3881.enabled"u8, pusher.Enabled);
                if (pusher.DeviceId is { } device)
                {
                    writer.WriteString("org.matrix.msc3881.device_id"u8, device);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}
