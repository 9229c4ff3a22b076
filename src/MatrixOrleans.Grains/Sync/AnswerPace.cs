namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// How often a waiting device is answered while there is always something new: some answers at once, then one in a while with all that came
/// meanwhile. Each answer costs the server about as much as a message, however little is in it.
/// </summary>
internal sealed class AnswerPace(TimeProvider time)
{
    private const int AtOnce = 10;

    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(100);

    /// <summary>When the answers so far would have been over, had they been <see cref="Apart"/>.</summary>
    private DateTimeOffset _spent;

    /// <summary>How long the next answer should wait; zero or less: not at all.</summary>
    public TimeSpan Wait => _spent - time.GetUtcNow() - (AtOnce * Apart);

    public void Answered()
    {
        var now = time.GetUtcNow();
        _spent = (_spent > now ? _spent : now) + Apart;
    }
}
