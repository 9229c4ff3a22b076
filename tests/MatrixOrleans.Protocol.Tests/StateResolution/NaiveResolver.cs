using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.StateResolution;
using StateMap = System.Collections.Generic.Dictionary<MatrixOrleans.Protocol.Identifiers.StateKey, MatrixOrleans.Protocol.Events.Pdu>;

namespace MatrixOrleans.Protocol.Tests.StateResolution;

/// <summary>
/// A second resolver, written from the specification with nothing in mind but its words: whole states, whole auth chains, recursion, and no
/// code shared with the real one but the authorization rules.
/// </summary>
internal sealed class NaiveResolver(RoomVersion version, IEventLookup events)
{
    private readonly Dictionary<EventId, HashSet<Pdu>> _chains = [];

    public Dictionary<StateKey, EventId> Resolve(IReadOnlyList<IReadOnlyDictionary<StateKey, EventId>> stateIds)
    {
        var states = stateIds.Select(s => s.ToDictionary(e => e.Key, e => events.Find(e.Value)!)).ToList();
        var result = version.StateResolution == StateResolutionAlgorithm.V1 ? Version1(states) : Version2(states);
        return result.ToDictionary(e => e.Key, e => e.Value.EventId);
    }

    private StateMap Version2(List<StateMap> states)
    {
        var keys = states.SelectMany(s => s.Keys).Distinct().ToList();
        var unconflicted = keys
            .Where(k => states.All(s => s.ContainsKey(k) && s[k] == states[0][k]))
            .ToDictionary(k => k, k => states[0][k]);
        var conflictedSet = states.SelectMany(s => s).Where(e => !unconflicted.ContainsKey(e.Key)).Select(e => e.Value).ToHashSet();
        if (conflictedSet.Count == 0)
        {
            return unconflicted;
        }

        var fullChains = states.Select(s => s.Values.SelectMany(AuthChain).ToHashSet()).ToList();
        var full = fullChains.SelectMany(c => c).Where(e => !fullChains.All(c => c.Contains(e))).Concat(conflictedSet).ToHashSet();
        var isNew = version.StateResolution == StateResolutionAlgorithm.V21;
        if (isNew)
        {
            var all = conflictedSet.SelectMany(AuthChain).ToHashSet();
            full.UnionWith(all.Where(e => AuthChain(e).Overlaps(conflictedSet)));
        }

        var x = full.Where(IsPowerEvent).ToHashSet();
        foreach (var p in x.ToList())
        {
            x.UnionWith(AuthChain(p).Where(full.Contains));
        }

        var state = isNew ? new StateMap() : new StateMap(unconflicted);
        AuthChecks(state, ReverseTopological(x));
        var powerLevels = state.GetValueOrDefault(StateKey.PowerLevels);
        AuthChecks(state, MainlineOrder(full.Except(x), powerLevels));
        foreach (var (key, value) in unconflicted)
        {
            state[key] = value;
        }

        return state;
    }

    private void AuthChecks(StateMap state, List<Pdu> sorted)
    {
        foreach (var e in sorted)
        {
            var view = new StateMap();
            foreach (var own in AuthEvents(e).Append(version.RoomIdIsCreateHash ? Create(e) : null).OfType<Pdu>().Where(a => !events.IsRejected(a.EventId)))
            {
                view[own.Key!.Value] = own;
            }

            foreach (var (key, value) in state)
            {
                view[key] = value;
            }

            if (AuthRules.CheckAgainstState(e, view.GetValueOrDefault, AuthContext.SignaturesChecked).Allowed)
            {
                state[e.Key!.Value] = e;
            }
        }
    }

    private List<Pdu> ReverseTopological(HashSet<Pdu> set)
    {
        var sorted = new List<Pdu>();
        while (sorted.Count < set.Count)
        {
            var candidates = set.Where(e => !sorted.Contains(e) && AuthChain(e).Where(set.Contains).All(sorted.Contains));
            sorted.Add(candidates.OrderByDescending(SenderLevel).ThenBy(e => e.OriginServerTs).ThenBy(e => e.EventId.Value, StringComparer.Ordinal).First());
        }

        return sorted;
    }

    private List<Pdu> MainlineOrder(IEnumerable<Pdu> set, Pdu? powerLevels)
    {
        var mainline = powerLevels is null ? [] : PowerLevelChain(powerLevels).Prepend(powerLevels).ToList();
        return [.. set.OrderByDescending(Position).ThenBy(e => e.OriginServerTs).ThenBy(e => e.EventId.Value, StringComparer.Ordinal)];

        double Position(Pdu e)
        {
            var position = PowerLevelChain(e).Select(p => mainline.IndexOf(p)).FirstOrDefault(i => i >= 0, -1);
            return position < 0 ? double.PositiveInfinity : position;
        }
    }

    private List<Pdu> PowerLevelChain(Pdu e)
    {
        var next = AuthEvents(e).FirstOrDefault(a => a.Is(EventTypes.PowerLevels, ""));
        return next is null ? [] : [next, .. PowerLevelChain(next)];
    }

    private long SenderLevel(Pdu e) =>
        PowerLevels.Of(Create(e), AuthEvents(e).FirstOrDefault(a => a.Is(EventTypes.PowerLevels, ""))).UserLevel(e.Sender);

    private Pdu? Create(Pdu e) => version.RoomIdIsCreateHash
        ? events.Find(EventId.Parse("$" + e.RoomId.Value[1..]))
        : AuthEvents(e).FirstOrDefault(a => a.Is(EventTypes.Create, ""));

    private IEnumerable<Pdu> AuthEvents(Pdu e) => e.AuthEvents.Select(events.Find).OfType<Pdu>();

    private HashSet<Pdu> AuthChain(Pdu e)
    {
        if (!_chains.TryGetValue(e.EventId, out var chain))
        {
            _chains[e.EventId] = chain = [.. AuthEvents(e).SelectMany(a => AuthChain(a).Append(a))];
        }

        return chain;
    }

    private static bool IsPowerEvent(Pdu e)
    {
        if (e.Type is "m.room.power_levels" or "m.room.join_rules")
        {
            return true;
        }

        var removes = e.ContentString("membership") is "leave" or "ban";
        return e.Type == "m.room.member" && removes && e.Sender.Value != e.StateKey;
    }

    private static StateMap Version1(List<StateMap> states)
    {
        var r = new StateMap();
        var conflicts = new Dictionary<StateKey, List<Pdu>>();
        foreach (var key in states.SelectMany(s => s.Keys).Distinct())
        {
            var values = states.Where(s => s.ContainsKey(key)).Select(s => s[key]).Distinct().ToList();
            if (values.Count == 1)
            {
                r[key] = values[0];
            }
            else
            {
                conflicts[key] = [.. values.OrderBy(e => e.Depth).ThenByDescending(Hash, StringComparer.Ordinal)];
            }
        }

        foreach (var type in new[] { "m.room.power_levels", "m.room.join_rules", "m.room.member" })
        {
            var before = new StateMap(r);
            foreach (var (key, list) in conflicts.Where(c => c.Key.Type == type))
            {
                var view = new StateMap(before) { [key] = list[0] };
                foreach (var e in list.Skip(1))
                {
                    if (!Allowed(e, view))
                    {
                        break;
                    }

                    view[key] = e;
                }

                r[key] = view[key];
            }
        }

        var authorised = new StateMap(r);
        foreach (var (key, list) in conflicts.Where(c => !authorised.ContainsKey(c.Key)))
        {
            if (list.LastOrDefault(e => Allowed(e, authorised)) is { } best)
            {
                r[key] = best;
            }
        }

        return r;
    }

    private static bool Allowed(Pdu e, StateMap state) =>
        AuthRules.CheckAgainstState(e, state.GetValueOrDefault, AuthContext.SignaturesChecked).Allowed;

    private static string Hash(Pdu e) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(e.EventId.Value)));
}
