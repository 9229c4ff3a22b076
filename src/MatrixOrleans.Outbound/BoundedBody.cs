namespace MatrixOrleans.Outbound;

/// <summary>Reads answers that may be longer than anybody wants.</summary>
internal static class BoundedBody
{
    /// <exception cref="IOException">There is more than the bound.</exception>
    public static async Task<byte[]> Read(HttpContent content, long bytesMax, CancellationToken cancel)
    {
        if (content.Headers.ContentLength > bytesMax)
        {
            throw TooLarge(bytesMax);
        }

        using var stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        using var buffer = new MemoryStream((int)(content.Headers.ContentLength ?? 1024));
        var chunk = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(chunk, cancel).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + count > bytesMax)
            {
                throw TooLarge(bytesMax);
            }

            buffer.Write(chunk, 0, count);
        }

        return buffer.ToArray();
    }

    private static IOException TooLarge(long bytesMax) => new($"the answer has more than {bytesMax} bytes");
}
