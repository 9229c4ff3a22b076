using System.Security.Cryptography;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Users;

/// <summary>Writes a user's rows into the log, so that they have positions and syncs hear of them.</summary>
internal sealed class UserLog(Database database)
{
    /// <summary>What a row costs beside its JSON.</summary>
    private const int RowBytes = 256;

    /// <summary>All rows in one transaction; they are durable when this completes.</summary>
    /// <param name="txn">The client's transaction; when it was done before, nothing is written.</param>
    /// <exception cref="MatrixException">M_LIMIT_EXCEEDED when the writer's queue is full.</exception>
    public async ValueTask Write(IReadOnlyList<UserEntry> entries, TxnRecord? txn = null)
    {
        var bytes = entries.Sum(e => RowBytes + (e switch
        {
            AccountDataSet data => data.Json?.Length ?? 0,
            ProfileSet profile => profile.Json?.Length ?? 0,
            ToDeviceSend message => message.Json.Length,
            _ => 0,
        }));
        if (!database.Writer.TryReserve(bytes))
        {
            throw new MatrixException(MatrixError.LimitExceeded, "The server is overloaded") { RetryAfterMs = RandomNumberGenerator.GetInt32(500, 2000) };
        }

        var result = await database.Writer.Append(new AppendUnit { Users = entries, Txn = txn, ReservedBytes = bytes });
        if (result.Outcome != AppendOutcome.Accepted && !(txn is not null && result.Outcome == AppendOutcome.TxnExists))
        {
            throw new InvalidOperationException($"Rows of a user cannot be refused, but were: {result.Outcome}");
        }
    }
}
