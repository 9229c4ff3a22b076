using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>
/// Makes one state of several that a room has after different events (Room Versions, "State resolution"). Deterministic: the same states in
/// any order give the same result, on every server.
/// </summary>
public static class StateResolver
{
    /// <summary>Resolves what is conflicted; the cost does not depend on the rest of the state.</summary>
    /// <returns>
    /// For each conflicted key the event that it has now, or <c>null</c> where the key is dropped. Besides, rarely, keys that no state has and
    /// that the auth difference brings back. Unconflicted keys stay as they are.
    /// </returns>
    public static IReadOnlyDictionary<StateKey, EventId?> Resolve(
        RoomVersion version, ConflictedState input, IEventLookup events, IAuthChains chains)
    {
        if (input.Keys.Count == 0)
        {
            return new Dictionary<StateKey, EventId?>();
        }

        return version.StateResolution == StateResolutionAlgorithm.V1
            ? ResolutionV1.Resolve(input, events)
            : ResolutionV2.Resolve(version, input, events, chains);
    }

    /// <summary>Resolves whole states to a whole state.</summary>
    public static IReadOnlyDictionary<StateKey, EventId> Resolve(
        RoomVersion version, IReadOnlyList<IReadOnlyDictionary<StateKey, EventId>> states, IEventLookup events)
    {
        var input = ConflictedState.Divide(states, out var unconflicted);
        var result = unconflicted.ToDictionary();
        foreach (var (key, id) in Resolve(version, input, events, new AuthChainWalk(events.Find, unconflicted.Values)))
        {
            if (id is { } resolved)
            {
                result[key] = resolved;
            }
        }

        return result;
    }
}
