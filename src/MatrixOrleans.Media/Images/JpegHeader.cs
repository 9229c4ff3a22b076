using System.Buffers.Binary;

namespace MatrixOrleans.Media.Images;

/// <summary>JPEG: the size is in the frame header, behind segments that say their length.</summary>
internal static class JpegHeader
{
    private const int SegmentsMax = 2000;

    public static ImageHeader? Read(Stream image)
    {
        Span<byte> head = stackalloc byte[9];
        image.Position = 2;
        for (var segment = 0; segment < SegmentsMax; segment++)
        {
            // Any number of 0xff may stand before a marker.
            int marker;
            if (image.ReadByte() != 0xff)
            {
                return null;
            }

            while ((marker = image.ReadByte()) == 0xff)
            {
            }

            if (marker is -1 or 0xd9 or 0xda)
            {
                return null;
            }

            if (marker is 0x01 or (>= 0xd0 and <= 0xd8))
            {
                continue;
            }

            if (image.ReadAtLeast(head[..2], 2, throwOnEndOfStream: false) < 2)
            {
                return null;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(head);
            if (length < 2)
            {
                return null;
            }

            // C0 to CF are frame headers but for DHT, JPG and DAC.
            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc))
            {
                return image.ReadAtLeast(head[..5], 5, throwOnEndOfStream: false) == 5
                    ? new ImageHeader(ImageKind.Jpeg, BinaryPrimitives.ReadUInt16BigEndian(head[3..]), BinaryPrimitives.ReadUInt16BigEndian(head[1..]), 1)
                    : null;
            }

            image.Seek(length - 2, SeekOrigin.Current);
        }

        return null;
    }
}
