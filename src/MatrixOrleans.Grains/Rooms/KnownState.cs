using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>An entry of a room's current state.</summary>
internal sealed record StateEntry(long Nid, Pdu Pdu);

/// <summary>
/// What the room's grain remembers of the current state: each key that was asked for, with its event or the knowledge that there is none.
/// A change always puts its key in, so that a value loaded meanwhile never replaces a newer one.
/// </summary>
internal sealed class KnownState
{
    /// <summary>Most keys that are remembered; beyond it all are forgotten and asked for again.</summary>
    private const int KeysMax = 4096;

    private readonly Dictionary<StateKey, StateEntry?> _entries = [];

    /// <summary>Moves when everything was forgotten: what was loaded before may be stale.</summary>
    public int Epoch { get; private set; }

    public bool Has(StateKey key) => _entries.ContainsKey(key);

    /// <summary>The entry of a key that <see cref="Has"/> is true for.</summary>
    public StateEntry? this[StateKey key] => _entries[key];

    public Pdu? Event(StateKey key) => _entries.TryGetValue(key, out var entry) ? entry?.Pdu : null;

    public void Loaded(StateKey key, StateEntry? entry, int epoch)
    {
        if (epoch == Epoch)
        {
            _entries.TryAdd(key, entry);
        }
    }

    public void Changed(StateKey key, StateEntry? entry)
    {
        if (_entries.Count >= KeysMax)
        {
            Forget();
        }

        _entries[key] = entry;
    }

    public void Forget()
    {
        _entries.Clear();
        Epoch++;
    }
}
