using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>State resolution of room version 1 (Room Version 1, "State resolution").</summary>
internal static class ResolutionV1
{
    public static IReadOnlyDictionary<StateKey, EventId?> Resolve(ConflictedState input, IEventLookup events)
    {
        var result = input.Keys.ToDictionary(key => key, _ => (EventId?)null);

        // "A conflict occurs between states where those states have different event_ids for the same (event_type, state_key)": a key that
        // some states lack is none.
        var conflicts = new Dictionary<StateKey, List<Pdu>>();
        foreach (var key in input.Keys)
        {
            var candidates = Candidates(key, input);
            if (candidates.Count == 1)
            {
                // Start by setting R to the union of the states to be resolved, excluding any conflicting events.
                result[key] = candidates.Single();
            }
            else
            {
                conflicts[key] = Sort(candidates, events);
            }
        }

        // First we resolve conflicts between m.room.power_levels events. … Repeat the above process for conflicts between m.room.join_rules
        // events. Repeat the above process for conflicts between m.room.member events.
        foreach (var type in new[] { EventTypes.PowerLevels, EventTypes.JoinRules, EventTypes.Member })
        {
            // Each conflict of the type is resolved in R as it was before: so their order does not matter.
            var pass = conflicts.Where(c => c.Key.Type == type).Select(c => (c.Key, Event: Replay(c.Value, Lookup))).ToList();
            foreach (var (key, pdu) in pass)
            {
                result[key] = pdu?.EventId;
                conflicts.Remove(key);
            }
        }

        // No other events affect the authorisation rules, so for all other conflicts, just pick the event with the highest depth and lowest
        // sha1(event_id) that passes authentication in R and add it to R.
        var others = conflicts.Select(c => (c.Key, Event: c.Value.AsEnumerable().Reverse().FirstOrDefault(e => IsAllowed(e, Lookup)))).ToList();
        foreach (var (key, pdu) in others)
        {
            result[key] = pdu?.EventId;
        }

        return result;

        Pdu? Lookup(StateKey key) =>
            (result.TryGetValue(key, out var resolved) ? resolved : input.Unconflicted(key)) is { } id ? events.Find(id) : null;
    }

    private static HashSet<EventId> Candidates(StateKey key, ConflictedState input)
    {
        var candidates = new HashSet<EventId>();
        foreach (var set in input.Sets)
        {
            if (set.TryGetValue(key, out var id))
            {
                candidates.Add(id);
            }
        }

        return candidates;
    }

    /// <summary>Sort the list by ascending depth then descending sha1(event_id).</summary>
    private static List<Pdu> Sort(IEnumerable<EventId> candidates, IEventLookup events) =>
        [.. candidates.Select(events.Find).OfType<Pdu>().OrderBy(e => e.Depth).ThenByDescending(Sha1, StringComparer.Ordinal)];

    private static Pdu? Replay(List<Pdu> sorted, Func<StateKey, Pdu?> state)
    {
        // Add the first event in the list to R.
        var current = sorted.FirstOrDefault();

        // For each subsequent event in the list, check that the event would be allowed by the authorisation rules for a room in state R. If the
        // event would be allowed, then update R with the event and continue with the next event in the list. If it would not be allowed,
        // stop.
        foreach (var next in sorted.Skip(1))
        {
            var before = current!;
            if (!IsAllowed(next, key => before.Key == key ? before : state(key)))
            {
                break;
            }

            current = next;
        }

        return current;
    }

    private static bool IsAllowed(Pdu pdu, Func<StateKey, Pdu?> state) =>
        AuthRules.CheckAgainstState(pdu, state, AuthContext.SignaturesChecked).Allowed;

    // The room version demands SHA-1, as a tie-break and not to protect anything.
#pragma warning disable CA5350
    private static string Sha1(Pdu pdu) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(pdu.EventId.Value)));
#pragma warning restore CA5350
}
