using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>
/// The states to be resolved, as far as they differ. A key that has the same event in every state is unconflicted and stands in none of the
/// sets; any other key stands in those sets whose state has it.
/// </summary>
public sealed class ConflictedState
{
    /// <param name="sets">The conflicted part of each state; a part may be empty, but each state has one.</param>
    /// <param name="unconflicted">The event that all states have for a key; <c>null</c> for conflicted keys and for those that no state has.</param>
    public ConflictedState(IReadOnlyList<IReadOnlyDictionary<StateKey, EventId>> sets, Func<StateKey, EventId?> unconflicted)
    {
        Sets = sets;
        Unconflicted = unconflicted;
        Keys = sets.SelectMany(set => set.Keys).ToHashSet();
        Events = sets.SelectMany(set => set.Values).ToHashSet();
    }

    public IReadOnlyList<IReadOnlyDictionary<StateKey, EventId>> Sets { get; }

    public Func<StateKey, EventId?> Unconflicted { get; }

    /// <summary>The conflicted keys.</summary>
    public IReadOnlySet<StateKey> Keys { get; }

    /// <summary>The conflicted state set: every event that some state has for a conflicted key.</summary>
    public IReadOnlySet<EventId> Events { get; }

    /// <summary>Divides whole states into what all of them share and what is conflicted. Costs as much as the states are large.</summary>
    /// <param name="unconflicted">The unconflicted state map.</param>
    public static ConflictedState Divide(
        IReadOnlyList<IReadOnlyDictionary<StateKey, EventId>> states, out IReadOnlyDictionary<StateKey, EventId> unconflicted)
    {
        var counts = new Dictionary<(StateKey Key, EventId Event), int>();
        foreach (var entry in states.SelectMany(state => state))
        {
            var at = (entry.Key, entry.Value);
            counts[at] = counts.GetValueOrDefault(at) + 1;
        }

        var shared = counts.Where(c => c.Value == states.Count).ToDictionary(c => c.Key.Key, c => c.Key.Event);
        var sets = states.Select(state => state.Where(entry => !shared.ContainsKey(entry.Key)).ToDictionary()).ToArray();
        unconflicted = shared;
        return new ConflictedState(sets, key => shared.TryGetValue(key, out var id) ? id : null);
    }
}
