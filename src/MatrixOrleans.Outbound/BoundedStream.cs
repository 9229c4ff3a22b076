namespace MatrixOrleans.Outbound;

/// <summary>The body of an answer, read forwards, with a bound on its bytes and on each wait.</summary>
internal sealed class BoundedStream(Stream inner, FederationCall call, TimeProvider time) : Stream
{
    private long _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(call.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        int count;
        try
        {
            count = await inner.ReadAsync(buffer, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(FederationFailure.Unreachable, $"nothing came for {call.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw Failed(FederationFailure.Unreachable, broken.Message, broken);
        }

        _count += count;
        return _count <= call.BytesMax ? count : throw Failed(FederationFailure.BadAnswer, $"the answer has more than {call.BytesMax} bytes");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

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

    private FederationException Failed(FederationFailure failure, string text, Exception? cause = null) => new(call.Destination, call.Operation, failure, text, cause);
}
