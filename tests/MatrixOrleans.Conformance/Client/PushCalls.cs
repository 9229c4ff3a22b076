using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Client;

/// <summary>Pushers, as most tests want them.</summary>
public static class PushCalls
{
    /// <summary>The body of a pusher that tells a gateway.</summary>
    public static Dictionary<string, object?> Pusher(this FakePushGateway gateway, string pushKey, string? format = null)
    {
        Dictionary<string, object?> data = new() { ["url"] = gateway.Url, ["brand"] = "test" };
        if (format is not null)
        {
            data["format"] = format;
        }

        return new Dictionary<string, object?>
        {
            ["kind"] = "http",
            ["app_id"] = "org.example.app",
            ["pushkey"] = pushKey,
            ["app_display_name"] = "App",
            ["device_display_name"] = "Phone",
            ["lang"] = "en",
            ["data"] = data,
        };
    }

    /// <summary>Makes a pusher with a pushkey that no other test has, and returns the key.</summary>
    public static async Task<string> Push(this TestClient client, FakePushGateway gateway, string? format = null)
    {
        string key = $"key-{client.UserId}-{client.DeviceId}";
        (await client.Post($"/v3/pushers/set", gateway.Pusher(key, format))).Ok();
        return key;
    }
}
