using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Push;

/// <summary>How far a user has read a room, by his public and private receipts.</summary>
internal sealed class ReadMarks
{
    private readonly Dictionary<string, long> _threads = [];
    private readonly long _unthreaded;

    public ReadMarks(IEnumerable<ReceiptRow> receipts)
    {
        foreach (var receipt in receipts)
        {
            if (!ReceiptTypes.IsReceipt(receipt.Type))
            {
                continue;
            }

            if (receipt.Thread.Length == 0)
            {
                _unthreaded = Math.Max(_unthreaded, receipt.RoomSeq);
            }
            else
            {
                _threads[receipt.Thread] = Math.Max(_threads.GetValueOrDefault(receipt.Thread), receipt.RoomSeq);
            }
        }
    }

    /// <summary>Whether an event is read.</summary>
    /// <param name="threadRoot"><c>null</c> for one that is in no thread.</param>
    public bool Covers(long seq, string? threadRoot) => seq <= _unthreaded || seq <= _threads.GetValueOrDefault(threadRoot ?? UnreadRoom.Main);
}
