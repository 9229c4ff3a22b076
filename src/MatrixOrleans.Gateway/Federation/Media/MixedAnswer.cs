using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Gateway.Federation.Media;

/// <summary>Media as servers hand it to each other: metadata and content in one <c>multipart/mixed</c> (Server-Server API, "Content Repository").</summary>
internal static class MixedAnswer
{
    private const int CopyBufferBytes = 64 * 1024;

    /// <exception cref="MatrixException">M_NOT_FOUND when the blob store does not have it.</exception>
    public static async Task<Answer> Give(IBlobStore blobs, BlobId blob, long size, string contentType, string disposition, CancellationToken cancel)
    {
        var content = await blobs.Open(blob, 0, size, cancel) ?? throw new MatrixException(MatrixError.NotFound, "Media not found");

        // Random: content cannot have been made to hold it.
        var boundary = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var head = Encoding.UTF8.GetBytes($"--{boundary}\r\nContent-Type: application/json\r\n\r\n{{}}\r\n--{boundary}\r\nContent-Type: {contentType}\r\nContent-Disposition: {disposition}\r\n\r\n");
        var tail = Encoding.UTF8.GetBytes($"\r\n--{boundary}--\r\n");
        return new Answer(ReadOnlyMemory<byte>.Empty)
        {
            ContentType = $"multipart/mixed; boundary={boundary}",
            BodyLength = head.Length + size + tail.Length,
            WriteBody = async (body, aborted) =>
            {
                await using (content)
                {
                    await body.WriteAsync(head, aborted);
                    await content.CopyToAsync(body, CopyBufferBytes, aborted);
                    await body.WriteAsync(tail, aborted);
                }
            },
        };
    }
}
