using System.Text;

namespace MatrixOrleans.Benchmarks.Http;

/// <summary>Writes whole requests as bytes.</summary>
internal static class Requests
{
    public static byte[] Get(string path, string? token) => Write("GET", path, token, null);

    public static byte[] Post(string path, string? token, string body) => Write("POST", path, token, body);

    public static byte[] Put(string path, string? token, string body) => Write("PUT", path, token, body);

    private static byte[] Write(string method, string path, string? token, string? body)
    {
        var text = new StringBuilder(256)
            .Append(method).Append(' ').Append(path).Append(" HTTP/1.1\r\nHost: localhost\r\n");
        if (token is not null)
        {
            text.Append("Authorization: Bearer ").Append(token).Append("\r\n");
        }

        if (body is not null)
        {
            text.Append("Content-Type: application/json\r\nContent-Length: ").Append(Encoding.UTF8.GetByteCount(body)).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("\r\n").Append(body).ToString());
    }
}
