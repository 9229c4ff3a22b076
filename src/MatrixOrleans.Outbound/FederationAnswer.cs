namespace MatrixOrleans.Outbound;

/// <summary>An answer whose body is read as it comes.</summary>
public sealed class FederationAnswer : IAsyncDisposable
{
    private readonly FederationCall _call;
    private readonly HttpResponseMessage _response;
    private readonly TimeProvider _time;

    internal FederationAnswer(FederationCall call, HttpResponseMessage response, TimeProvider time) => (_call, _response, _time) = (call, response, time);

    public int Status => (int)_response.StatusCode;

    /// <summary>As the header has it.</summary>
    public string? ContentType => _response.Content.Headers.TryGetValues("Content-Type", out var values) ? values.FirstOrDefault() : null;

    /// <summary>The header <c>Content-Disposition</c>, as it is.</summary>
    public string? Disposition => _response.Content.Headers.TryGetValues("Content-Disposition", out var values) ? values.FirstOrDefault() : null;

    /// <summary>Of a redirect, as the header has it.</summary>
    public Uri? Location => _response.Headers.Location;

    /// <summary>The body; reading past <see cref="FederationCall.BytesMax"/>, or waiting longer than <see cref="FederationCall.Timeout"/>, throws <see cref="FederationException"/>.</summary>
    public async Task<Stream> Body(CancellationToken cancel = default) =>
        _response.Content.Headers.ContentLength > _call.BytesMax
            ? throw new FederationException(_call.Destination, _call.Operation, FederationFailure.BadAnswer, $"the answer has more than {_call.BytesMax} bytes")
            : new BoundedStream(await _response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false), _call, _time);

    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
