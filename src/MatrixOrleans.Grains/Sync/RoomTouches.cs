using MatrixOrleans.Grains.Log;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// In which of a user's rooms something happened since a token that is older than the tail. Storage is asked once for the oldest token; what came after is in
/// the tail. One call at a time.
/// </summary>
internal sealed class RoomTouches(Database database, Tail tail)
{
    private readonly Dictionary<long, long> _newest = [];
    private long _after = long.MaxValue;
    private long _upto = -1;

    /// <summary>Rooms with entries or receipts in (after, upto].</summary>
    public async Task<List<long>> Between(IReadOnlyDictionary<long, UserRoom> rooms, IReadOnlyCollection<long> joined, long after, long upto)
    {
        if (after < _after || _upto < tail.Start)
        {
            var touches = await database.Log.RoomsTouched(joined, after, upto);
            _newest.Clear();
            foreach (var touch in touches)
            {
                _newest[touch.RoomNid] = touch.Position;
            }

            (_after, _upto) = (after, upto);
        }
        else if (_upto < upto)
        {
            // Whoever joined a room meanwhile has an entry there.
            foreach (var nid in tail.Touched(rooms, _upto, upto))
            {
                _newest[nid] = upto;
            }

            _upto = upto;
        }

        return [.. _newest.Where(touch => touch.Value > after && rooms.ContainsKey(touch.Key)).Select(touch => touch.Key)];
    }
}
