using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Media.Blobs;

/// <summary>Blobs as objects of an S3 bucket: key = prefix + hash.</summary>
public sealed class S3BlobStore : IBlobStore, IDisposable
{
    private readonly AmazonS3Client _client;
    private readonly S3Options _options;
    private readonly Spool _spool;

    public S3BlobStore(S3Options options, Spool spool)
    {
        (_options, _spool) = (options, spool);
        _client = new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
        {
            ServiceURL = options.Endpoint,
            AuthenticationRegion = options.Region,
            ForcePathStyle = true,

            // Services other than Amazon's know the older checksums only.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public async Task Keep(SpooledFile file, CancellationToken cancel)
    {
        if (await LengthOf(file.Blob, cancel).ConfigureAwait(false) == file.Length)
        {
            return;
        }

        // Signed as a whole: not every service reads the signed chunks that Amazon's own does.
        await _client.PutObjectAsync(
            new PutObjectRequest { BucketName = _options.Bucket, Key = Key(file.Blob), FilePath = file.Path, ContentType = ContentTypes.Unknown, UseChunkEncoding = false },
            cancel).ConfigureAwait(false);
    }

    public async Task<Stream?> Open(BlobId blob, long offset, long length, CancellationToken cancel)
    {
        if (length == 0)
        {
            // No range says "nothing".
            return await LengthOf(blob, cancel).ConfigureAwait(false) is null ? null : Stream.Null;
        }

        try
        {
            var answer = await _client.GetObjectAsync(
                new GetObjectRequest { BucketName = _options.Bucket, Key = Key(blob), ByteRange = new ByteRange(offset, offset + length - 1) },
                cancel).ConfigureAwait(false);
            return answer.ResponseStream;
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<BlobFile?> OpenFile(BlobId blob, CancellationToken cancel)
    {
        if (await LengthOf(blob, cancel).ConfigureAwait(false) is not { } length || await Open(blob, 0, length, cancel).ConfigureAwait(false) is not { } content)
        {
            return null;
        }

        await using (content.ConfigureAwait(false))
        {
            var file = await _spool.Receive(content, length, cancel).ConfigureAwait(false);
            return new BlobFile(file.Path, file);
        }
    }

    public async Task Delete(BlobId blob, CancellationToken cancel) =>
        await _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _options.Bucket, Key = Key(blob) }, cancel).ConfigureAwait(false);

    public void Dispose() => _client.Dispose();

    private async Task<long?> LengthOf(BlobId blob, CancellationToken cancel)
    {
        try
        {
            var answer = await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _options.Bucket, Key = Key(blob) }, cancel).ConfigureAwait(false);
            return answer.ContentLength;
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private string Key(BlobId blob) => _options.Prefix + blob.Value;
}
