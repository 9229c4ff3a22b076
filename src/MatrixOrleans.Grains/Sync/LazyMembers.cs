using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// Which member events a device has been given (Client-Server API, "Lazy-loading room members"). An entry counts only for a client whose token is
/// not older than the answer that held it: an answer that got lost is as if it had not been. Bounded; forgetting only repeats.
/// </summary>
internal sealed class LazyMembers
{
    private const int EntriesMax = 10_000;

    private readonly Dictionary<(long RoomNid, string UserId), (EventId Event, long Position)> _sent = [];

    public bool Knows(long roomNid, string userId, EventId member, long since) =>
        _sent.TryGetValue((roomNid, userId), out var sent) && sent.Event == member && sent.Position <= since;

    public void Sent(long roomNid, string userId, EventId member, long position)
    {
        if (_sent.Count >= EntriesMax)
        {
            _sent.Clear();
        }

        // The first answer that held it stays the one that counts.
        if (!_sent.TryGetValue((roomNid, userId), out var sent) || sent.Event != member)
        {
            _sent[(roomNid, userId)] = (member, position);
        }
    }
}
