using System.Buffers.Binary;

namespace MatrixOrleans.Media.Images;

/// <summary>GIF: the canvas is in the first bytes, frames are counted by walking the blocks. Canvas and frames count, whichever is larger.</summary>
internal static class GifHeader
{
    private const int BlocksMax = 200_000;

    public static ImageHeader? Read(Stream source)
    {
        using var image = new BufferedStream(new Borrowed(source), 16 * 1024);
        Span<byte> head = stackalloc byte[13];
        image.Position = 0;
        if (image.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
        {
            return null;
        }

        int width = BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), height = BinaryPrimitives.ReadUInt16LittleEndian(head[8..]);
        SkipColours(image, head[10]);
        var frames = 0;
        for (var block = 0; block < BlocksMax && frames < ImageHeader.FramesMax; block++)
        {
            switch (image.ReadByte())
            {
                case 0x21:
                    image.ReadByte();
                    if (!SkipBlocks(image))
                    {
                        return Found(width, height, frames);
                    }

                    break;
                case 0x2c:
                    if (image.ReadAtLeast(head[..9], 9, throwOnEndOfStream: false) < 9)
                    {
                        return Found(width, height, frames);
                    }

                    width = Math.Max(width, BinaryPrimitives.ReadUInt16LittleEndian(head) + BinaryPrimitives.ReadUInt16LittleEndian(head[4..]));
                    height = Math.Max(height, BinaryPrimitives.ReadUInt16LittleEndian(head[2..]) + BinaryPrimitives.ReadUInt16LittleEndian(head[6..]));
                    frames++;
                    SkipColours(image, head[8]);
                    image.ReadByte();
                    if (!SkipBlocks(image))
                    {
                        return Found(width, height, frames);
                    }

                    break;
                default:
                    return Found(width, height, frames);
            }
        }

        return new ImageHeader(ImageKind.Gif, width, height, ImageHeader.FramesMax);
    }

    /// <summary>A GIF without a frame is none.</summary>
    private static ImageHeader? Found(int width, int height, int frames) => frames > 0 ? new ImageHeader(ImageKind.Gif, width, height, frames) : null;

    private static void SkipColours(Stream image, byte flags)
    {
        if ((flags & 0x80) != 0)
        {
            image.Seek(3 << ((flags & 7) + 1), SeekOrigin.Current);
        }
    }

    private static bool SkipBlocks(Stream image)
    {
        // A file has an end, so has this.
        int length;
        while ((length = image.ReadByte()) > 0)
        {
            image.Seek(length, SeekOrigin.Current);
        }

        return length == 0;
    }

    /// <summary>A stream that somebody else closes.</summary>
    private sealed class Borrowed(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
