using System.Buffers.Binary;

namespace MatrixOrleans.Media.Images;

/// <summary>WebP: a RIFF file whose first chunk says the size; moving ones have a chunk for each frame.</summary>
internal static class WebpHeader
{
    private const int ChunksMax = 10_000;

    public static ImageHeader? Read(Stream image)
    {
        Span<byte> head = stackalloc byte[18];
        image.Position = 12;
        if (image.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
        {
            return null;
        }

        var data = head[8..];
        if (head[..4].SequenceEqual("VP8X"u8))
        {
            var (width, height) = (Number24(data[4..]) + 1, Number24(data[7..]) + 1);
            return new ImageHeader(ImageKind.Webp, width, height, (data[0] & 2) != 0 ? Frames(image) : 1);
        }

        if (head[..4].SequenceEqual("VP8 "u8))
        {
            return data[3..6].SequenceEqual((ReadOnlySpan<byte>)[0x9d, 0x01, 0x2a])
                ? new ImageHeader(ImageKind.Webp, BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3fff, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3fff, 1)
                : null;
        }

        if (head[..4].SequenceEqual("VP8L"u8) && data[0] == 0x2f)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return new ImageHeader(ImageKind.Webp, (int)(bits & 0x3fff) + 1, (int)((bits >> 14) & 0x3fff) + 1, 1);
        }

        return null;
    }

    private static int Frames(Stream image)
    {
        Span<byte> head = stackalloc byte[8];
        image.Position = 12;
        var frames = 0;
        for (var chunk = 0; chunk < ChunksMax && image.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length; chunk++)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            frames += head[..4].SequenceEqual("ANMF"u8) ? 1 : 0;
            image.Seek(length + (length & 1), SeekOrigin.Current);
        }

        return Math.Clamp(frames, 1, ImageHeader.FramesMax);
    }

    private static int Number24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
