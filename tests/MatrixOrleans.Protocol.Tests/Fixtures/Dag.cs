using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.StateResolution;

namespace MatrixOrleans.Protocol.Tests.Fixtures;

/// <summary>
/// A room that may fork: named events, the state after each, and whether it was allowed where it stands. Where branches meet, the state is
/// resolved.
/// </summary>
internal sealed class Dag(RoomVersion version) : IEventLookup
{
    private readonly Dictionary<string, Pdu> _byName = [];
    private readonly Dictionary<EventId, Pdu> _byId = [];
    private readonly Dictionary<EventId, string> _names = [];
    private readonly Dictionary<EventId, IReadOnlyDictionary<StateKey, EventId>> _stateAfter = [];
    private readonly Dictionary<EventId, List<EventId>> _citedBy = [];
    private readonly HashSet<EventId> _rejected = [];

    public RoomVersion Version { get; } = version;

    public Pdu Create { get; private set; } = null!;

    public IReadOnlyCollection<Pdu> Events => _byName.Values;

    /// <summary>How often an event was asked for.</summary>
    public int Looks { get; private set; }

    public Pdu this[string name] => _byName[name];

    public string Name(EventId id) => _names[id];

    public Pdu? Find(EventId id)
    {
        Looks++;
        return _byId.GetValueOrDefault(id);
    }

    public bool IsRejected(EventId id) => _rejected.Contains(id);

    public void Reject(string name) => _rejected.Add(_byName[name].EventId);

    public IEnumerable<EventId> CitedBy(EventId id) => _citedBy.GetValueOrDefault(id, []);

    public IReadOnlyDictionary<StateKey, EventId> StateAfter(string name) => _stateAfter[_byName[name].EventId];

    /// <summary>The event with the auth events of the state before it, unless they are given; added even when it is not allowed.</summary>
    public Pdu Add(
        string name, string type, string sender, string? stateKey, string content, IReadOnlyList<string> prev,
        IReadOnlyList<string>? auth = null, long? ts = null)
    {
        var number = _byName.Count + 1;
        var user = UserId.Parse(sender);
        var before = prev.Count == 0 ? new Dictionary<StateKey, EventId>() : StateResolver.Resolve(Version, [.. prev.Select(StateAfter)], this);
        var json = type switch
        {
            EventTypes.Create => TestEvents.CreateContent(Version, content, sender),
            EventTypes.PowerLevels => WithoutCreators(content),
            _ => content,
        };
        var cited = auth is not null
            ? auth.Select(a => _byName[a])
            : AuthEventSelection.Keys(type, user, stateKey, JsonElement.Parse(json), Version).Where(before.ContainsKey).Select(k => _byId[before[k]]);
        var room = Create is not null ? Create.RoomId : Version.RoomIdIsCreateHash ? (RoomId?)null : TestEvents.Room;
        var pdu = TestEvents.Build(Version, room, number, user, type, stateKey, json, prev.Select(p => _byName[p]), cited, ts ?? number);
        Create ??= pdu;
        _byName.Add(name, pdu);
        _byId.Add(pdu.EventId, pdu);
        _names.Add(pdu.EventId, name);
        foreach (var id in pdu.AuthEvents.Where(_ => pdu.IsState))
        {
            if (!_citedBy.TryGetValue(id, out var citing))
            {
                _citedBy[id] = citing = [];
            }

            citing.Add(pdu.EventId);
        }

        var allowed = AuthRules.CheckAgainstState(pdu, key => before.TryGetValue(key, out var id) ? _byId[id] : null, AuthContext.SignaturesChecked).Allowed;
        if (!allowed)
        {
            _rejected.Add(pdu.EventId);
        }

        _stateAfter[pdu.EventId] = allowed && pdu.Key is { } key ? new Dictionary<StateKey, EventId>(before) { [key] = pdu.EventId } : before;
        return pdu;
    }

    /// <summary>Takes an event back that nothing refers to yet.</summary>
    public void Remove(string name)
    {
        var pdu = _byName[name];
        _byName.Remove(name);
        _byId.Remove(pdu.EventId);
        _names.Remove(pdu.EventId);
        _stateAfter.Remove(pdu.EventId);
        _rejected.Remove(pdu.EventId);
        foreach (var id in pdu.AuthEvents)
        {
            _citedBy.GetValueOrDefault(id)?.Remove(pdu.EventId);
        }
    }

    /// <summary>A fixture names everybody's level; since v12 power levels must not name creators.</summary>
    private string WithoutCreators(string content)
    {
        var levels = JsonNode.Parse(content)!.AsObject();
        if (Version.PrivilegedCreators && levels["users"] is JsonObject users)
        {
            foreach (var creator in PowerLevels.Of(Create, null).Creators)
            {
                users.Remove(creator.Value);
            }
        }

        return levels.ToJsonString();
    }
}
