namespace MatrixOrleans.Outbound.Web;

/// <summary>The body of a fetched page: bounded in bytes, and in time by the token of the whole fetch.</summary>
internal sealed class WebBody(Stream inner, WebFetch fetch, CancellationToken end) : Stream
{
    private long _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _count; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (fetch.CutAtBytesMax && _count >= fetch.BytesMax)
        {
            return 0;
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end);
        try
        {
            var wanted = fetch.CutAtBytesMax ? buffer[..(int)Math.Min(buffer.Length, fetch.BytesMax - _count)] : buffer;
            var read = await inner.ReadAsync(wanted, both.Token).ConfigureAwait(false);
            _count += read;
            return _count <= fetch.BytesMax ? read : throw new WebFetchException(fetch.Url, $"more than {fetch.BytesMax} bytes") { IsTooLarge = true };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WebFetchException(fetch.Url, $"not whole within {fetch.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw new WebFetchException(fetch.Url, "broke off", broken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
