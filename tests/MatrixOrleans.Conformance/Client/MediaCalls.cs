using System.Buffers.Binary;
using System.IO.Compression;

namespace MatrixOrleans.Conformance.Client;

/// <summary>Media, as most tests want it.</summary>
public static class MediaCalls
{
    /// <summary>Uploads and returns the server name and the media id.</summary>
    public static async Task<(string Server, string Id)> Upload(this TestClient client, byte[] content, string? contentType = "application/octet-stream", string? fileName = null)
    {
        BytesAnswer answer = await (fileName is null
            ? client.SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload", content, contentType)
            : client.SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload?filename={fileName}", content, contentType));
        return Parts(answer.Answer.Ok().Str("content_uri"));
    }

    /// <summary>The parts of an mxc URI.</summary>
    public static (string Server, string Id) Parts(string uri)
    {
        Assert.StartsWith("mxc://", uri, StringComparison.Ordinal);
        string[] parts = uri["mxc://".Length..].Split('/');
        return (parts[0], parts[1]);
    }

    /// <summary>Downloads on the path for who is logged in.</summary>
    public static Task<BytesAnswer> Download(this TestClient client, (string Server, string Id) media, params (string, string)[] headers) =>
        client.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/download/{media.Server}/{media.Id}", headers: headers);

    /// <summary>Asks for a thumbnail.</summary>
    public static Task<BytesAnswer> Thumbnail(this TestClient client, (string Server, string Id) media, object width, object height, string method = "scale", string animated = "false") =>
        client.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/thumbnail/{media.Server}/{media.Id}?width={width}&height={height}&method={method}&animated={animated}");

    /// <summary>A PNG of one colour, with the size that its header states and, if it is honest, has.</summary>
    public static byte[] Png(int width, int height, bool honest = true)
    {
        using MemoryStream rows = new();
        using (ZLibStream zlib = new(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] row = new byte[1 + (width * 3)];
            for (int y = 0; y < (honest ? height : 1); y++)
            {
                zlib.Write(row);
            }
        }
        byte[] size = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(size, width);
        BinaryPrimitives.WriteInt32BigEndian(size.AsSpan(4), height);
        (size[8], size[9]) = (8, 2);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR"u8, size), .. Chunk("IDAT"u8, rows.ToArray()), .. Chunk("IEND"u8, [])];
    }

    /// <summary>Width and height in a PNG's or a JPEG's header.</summary>
    public static (int Width, int Height) SizeOf(byte[] image)
    {
        if (image[0] == 0x89)
        {
            return (BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(20)));
        }
        for (int i = 2; i < image.Length - 9; i += 2 + BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(i + 2)))
        {
            if (image[i + 1] is 0xc0 or 0xc1 or 0xc2)
            {
                return (BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(i + 7)), BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(i + 5)));
            }
        }
        throw new InvalidOperationException("Neither a PNG nor a JPEG.");
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] typed = [.. type, .. data];
        byte[] chunk = new byte[typed.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        typed.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(typed.Length + 4), Crc(typed));
        return chunk;
    }

    private static uint Crc(byte[] bytes)
    {
        uint crc = 0xffffffff;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xedb88320);
            }
        }
        return ~crc;
    }
}
