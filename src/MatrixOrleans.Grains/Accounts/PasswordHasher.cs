using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>
/// Hashes passwords with Argon2id on the thread pool, a few at a time: a hash takes milliseconds and megabytes, so neither a grain's
/// turn nor an unbounded number of them may do it.
/// </summary>
public sealed class PasswordHasher : IDisposable
{
    private const int RetryAfterMs = 2_000;

    private readonly PasswordOptions _options;
    private readonly SemaphoreSlim _slots;
    private readonly Lazy<PasswordHash> _nobody;
    private int _waiting;

    public PasswordHasher(PasswordOptions options)
    {
        _options = options;
        _slots = new SemaphoreSlim(Math.Max(1, options.Parallel));
        _nobody = new Lazy<PasswordHash>(() => Make(RandomNumberGenerator.GetHexString(32)));
    }

    /// <summary>The password's hash as a PHC string.</summary>
    /// <exception cref="MatrixException">M_LIMIT_EXCEEDED</exception>
    public Task<string> Hash(string password) => Run(() => Make(password).ToString());

    /// <summary>Whether the password has this hash. Without a hash it takes the same time, and it has not.</summary>
    /// <exception cref="MatrixException">M_LIMIT_EXCEEDED</exception>
    public Task<bool> Verify(string password, string? hash) => Run(() =>
    {
        var stored = hash is null ? null : PasswordHash.Parse(hash);
        var matches = (stored ?? _nobody.Value).Matches(Encoding.UTF8.GetBytes(password));
        return matches && stored is not null;
    });

    /// <summary>The hash was made at another cost than the present one.</summary>
    public bool IsOutdated(string hash) => PasswordHash.Parse(hash) is not { } stored || stored.MemoryKiB != _options.MemoryKiB || stored.Passes != _options.Passes;

    public void Dispose() => _slots.Dispose();

    private PasswordHash Make(string password) =>
        PasswordHash.Make(Encoding.UTF8.GetBytes(password), RandomNumberGenerator.GetBytes(PasswordHash.SaltBytes), _options.MemoryKiB, _options.Passes);

    private async Task<T> Run<T>(Func<T> work)
    {
        if (Interlocked.Increment(ref _waiting) > _options.WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new MatrixException(MatrixError.LimitExceeded, "Too many log-ins at once") { RetryAfterMs = RetryAfterMs };
        }

        try
        {
            await _slots.WaitAsync();
            try
            {
                return await Task.Run(work);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
