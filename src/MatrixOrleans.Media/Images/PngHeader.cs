using System.Buffers.Binary;

namespace MatrixOrleans.Media.Images;

/// <summary>PNG: the size is in the first chunk. The moving kind (APNG) counts as its first frame.</summary>
internal static class PngHeader
{
    public static ImageHeader? Read(Stream image)
    {
        Span<byte> chunk = stackalloc byte[16];
        image.Position = 8;
        if (image.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) < chunk.Length || !chunk[4..8].SequenceEqual("IHDR"u8))
        {
            return null;
        }

        return new ImageHeader(ImageKind.Png, BinaryPrimitives.ReadInt32BigEndian(chunk[8..]), BinaryPrimitives.ReadInt32BigEndian(chunk[12..]), 1);
    }
}
