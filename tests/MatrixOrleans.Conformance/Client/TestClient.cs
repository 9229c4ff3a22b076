using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Conformance.OpenApi;

namespace MatrixOrleans.Conformance.Client;

/// <summary>
/// A user's client over plain HTTP. Every request and answer is checked against the specification's OpenAPI files; what is wrong is collected in
/// <see cref="Violations"/> of its <see cref="TestScope"/>.
/// </summary>
public sealed class TestClient(TestScope scope, Uri server, string host)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2), AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    private int _txn;

    /// <summary>The homeserver's name.</summary>
    public string ServerName => host;

    /// <summary>The user id, after login or registration.</summary>
    public string UserId { get; private set; } = "";

    /// <summary>The device id, after login or registration.</summary>
    public string DeviceId { get; private set; } = "";

    /// <summary>The access token that requests carry; empty for none.</summary>
    public string AccessToken { get; set; } = "";

    /// <summary>The password that <see cref="TestScope"/> registered with.</summary>
    public string Password { get; init; } = "correct horse battery staple";

    /// <summary>A transaction id that this client has not used.</summary>
    public string NewTxnId() => $"t{Interlocked.Increment(ref _txn)}";

    /// <summary>Another client of the same server: no token, nobody logged in.</summary>
    public TestClient Another() => new(scope, server, host) { Password = Password };

    /// <summary>GET.</summary>
    public Task<Answer> Get(FormattableString path) => Send(HttpMethod.Get, path, null);

    /// <summary>POST with a body (<c>{}</c> when none is given). A string is sent as it is, anything else as JSON.</summary>
    public Task<Answer> Post(FormattableString path, object? body = null) => Send(HttpMethod.Post, path, body ?? "{}");

    /// <summary>PUT with a body (<c>{}</c> when none is given). A string is sent as it is, anything else as JSON.</summary>
    public Task<Answer> Put(FormattableString path, object? body = null) => Send(HttpMethod.Put, path, body ?? "{}");

    /// <summary>DELETE with an optional body.</summary>
    public Task<Answer> Delete(FormattableString path, object? body = null) => Send(HttpMethod.Delete, path, body);

    /// <summary>Any request; null sends no body.</summary>
    public Task<Answer> Send(HttpMethod method, FormattableString path, object? body, CancellationToken cancel = default)
    {
        byte[]? bytes = body switch { null => null, byte[] raw => raw, string text => Encoding.UTF8.GetBytes(text), _ => JsonSerializer.SerializeToUtf8Bytes(body) };
        return SendBytes(method, ClientPath.From(path), bytes, cancel);
    }

    /// <summary>Sends bytes of any type, and gets bytes back; with further header lines.</summary>
    public async Task<BytesAnswer> SendRaw(HttpMethod method, FormattableString path, byte[]? body = null, string? contentType = null, params (string Name, string Value)[] headers)
    {
        string where = ClientPath.From(path);
        using HttpRequestMessage request = new(method, new Uri(server, where));
        request.Headers.Host = host;
        if (AccessToken.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
        }
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }
        using HttpResponseMessage response = await Http.SendAsync(request);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        string text = response.Content.Headers.ContentType?.MediaType == "application/json" ? Encoding.UTF8.GetString(bytes) : "";
        scope.Saw(new Exchange(method.Method, where.Split('?')[0], null, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text));
        return new BytesAnswer(bytes, new Answer($"{method} {where}", (int)response.StatusCode, Parse(text), text, Flatten(response)));
    }

    /// <summary>Remembers the identity that an answer of register or login gives.</summary>
    public TestClient Became(JsonElement answer)
    {
        UserId = answer.Str("user_id");
        DeviceId = answer.Has("device_id") ? answer.Str("device_id") : "";
        AccessToken = answer.Has("access_token") ? answer.Str("access_token") : "";
        return this;
    }

    private async Task<Answer> SendBytes(HttpMethod method, string path, byte[]? body, CancellationToken cancel)
    {
        using HttpRequestMessage request = new(method, new Uri(server, path));
        request.Headers.Host = host;
        if (AccessToken.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
        }
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        using HttpResponseMessage response = await Http.SendAsync(request, cancel);
        string text = await response.Content.ReadAsStringAsync(cancel);
        int status = (int)response.StatusCode;
        scope.Saw(new Exchange(method.Method, path.Split('?')[0], body is null ? null : Encoding.UTF8.GetString(body), status, response.Content.Headers.ContentType?.MediaType, text));
        return new Answer($"{method} {path}", status, Parse(text), text, Flatten(response));
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static Dictionary<string, string> Flatten(HttpResponseMessage response) => response.Headers.Concat(response.Content.Headers)
        .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
}
