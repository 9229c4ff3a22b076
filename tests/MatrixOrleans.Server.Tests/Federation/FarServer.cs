using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Server.Tests.Federation;

/// <summary>
/// Another homeserver, as our requests meet it: it answers from a room of its own, strictly, and lies where a test tells it to.
/// </summary>
public sealed class FarServer : IFederationClient
{
    public List<FederationCall> Asked { get; } = [];

    public DagRoom? Room { get; set; }

    /// <summary>The newest events of its room.</summary>
    public List<EventId> Ends { get; set; } = [];

    /// <summary>Does not answer at all.</summary>
    public bool IsDown { get; set; }

    /// <summary>Events that it denies to have.</summary>
    public HashSet<EventId> Hides { get; } = [];

    /// <summary>Changes an answer before it is given; by a part of the path.</summary>
    public Dictionary<string, Func<JsonObject, JsonNode>> Lies { get; } = [];

    /// <summary>Invitations that came and were signed.</summary>
    public List<JsonElement> Invited { get; } = [];

    public Task<FederationAnswer> Open(FederationCall call, CancellationToken cancel = default) => throw new NotSupportedException();

    public async Task<byte[]> Send(FederationCall call, CancellationToken cancel = default)
    {
        await Task.Yield();
        lock (Asked)
        {
            Asked.Add(call);
        }

        if (IsDown || call.Destination != DagRoom.Far)
        {
            throw new FederationException(call.Destination, call.Operation, FederationFailure.Unreachable, "down");
        }

        var uri = new Uri("https://far.test" + call.PathAndQuery);
        var path = uri.AbsolutePath.Split('/').Select(Uri.UnescapeDataString).ToArray();
        var answer = Answer(call, path, System.Web.HttpUtility.ParseQueryString(uri.Query));
        var lie = Lies.FirstOrDefault(l => call.PathAndQuery.Contains(l.Key, StringComparison.Ordinal)).Value;
        return JsonSerializer.SerializeToUtf8Bytes(lie is null ? answer : lie(answer));
    }

    public IEnumerable<string> Paths
    {
        get
        {
            lock (Asked)
            {
                return [.. Asked.Select(a => a.PathAndQuery.Split('/')[4].Split('?')[0])];
            }
        }
    }

    private JsonObject Answer(FederationCall call, string[] path, System.Collections.Specialized.NameValueCollection query)
    {
        var room = Room ?? throw Refuse(call, 404, "M_NOT_FOUND");
        switch (path[4])
        {
            case "make_join" or "make_leave" or "make_knock":
                return Make(room, UserId.Parse(path[6]), path[4]["make_".Length..]);
            case "send_join" or "send_leave" or "send_knock":
                return Take(call, room, path);
            case "invite":
                var body = JsonElement.Parse(call.Body!.Value.Span);
                Invited.Add(body);
                Assert.True(PduReader.TryRead(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(body.GetProperty("event")).ToArray(), RoomVersions.Get(body.GetProperty("room_version").GetString()!), out var invite, out _));
                return new JsonObject { ["event"] = Node(EventSignature.Sign(invite, DagRoom.Far, DagRoom.Key)) };
            case "query":
                return new JsonObject { ["room_id"] = room.Id.Value, ["servers"] = new JsonArray("far.test") };
            case "event":
                return new JsonObject { ["origin"] = "far.test", ["origin_server_ts"] = 1, ["pdus"] = new JsonArray(Node(Has(call, room, path[5]))) };
            case "event_auth":
                return new JsonObject { ["auth_chain"] = List(Chain(room, [Has(call, room, path[6])])) };
            case "state_ids":
                var ids = room.StateBefore(Has(call, room, query["event_id"]!).EventId).Values.ToList();
                return new JsonObject
                {
                    ["pdu_ids"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id.Value))]),
                    ["auth_chain_ids"] = new JsonArray([.. Chain(room, ids.Select(id => room.Find(id)!)).Select(p => JsonValue.Create(p.EventId.Value))]),
                };
            case "state":
                var state = room.StateBefore(Has(call, room, query["event_id"]!).EventId).Values.Select(id => room.Find(id)!).ToList();
                return new JsonObject { ["pdus"] = List(state), ["auth_chain"] = List(Chain(room, state)) };
            case "get_missing_events":
                var asked = JsonElement.Parse(call.Body!.Value.Span);
                var earliest = asked.GetProperty("earliest_events").EnumerateArray().Select(e => e.GetString()).ToHashSet();
                var latest = asked.GetProperty("latest_events").EnumerateArray().Select(e => EventId.Parse(e.GetString()!));
                return new JsonObject { ["events"] = List(Back(room, latest.SelectMany(id => room.Find(id)!.PrevEvents), asked.GetProperty("limit").GetInt32(), earliest)) };
            case "backfill":
                return new JsonObject
                {
                    ["origin"] = "far.test",
                    ["origin_server_ts"] = 1,
                    ["pdus"] = List(Back(room, query.GetValues("v")!.Select(EventId.Parse), int.Parse(query["limit"]!), [])),
                };
            default:
                throw Refuse(call, 404, "M_UNRECOGNIZED");
        }
    }

    private JsonObject Make(DagRoom room, UserId user, string membership)
    {
        var state = room.StateAfter(Ends);
        var content = JsonSerializer.SerializeToElement(new { membership });
        var auth = AuthEventSelection.Keys(EventTypes.Member, user, user.Value, content, room.Version).Where(state.ContainsKey).Select(k => state[k]);
        return new JsonObject
        {
            ["room_version"] = room.Version.Id,
            ["event"] = new JsonObject
            {
                ["type"] = EventTypes.Member,
                ["room_id"] = room.Id.Value,
                ["sender"] = user.Value,
                ["state_key"] = user.Value,
                ["content"] = new JsonObject { ["membership"] = membership },
                ["depth"] = Ends.Max(e => room.Find(e)!.Depth) + 1,
                ["prev_events"] = References(room, Ends),
                ["auth_events"] = References(room, auth),
                ["origin_server_ts"] = 5,
                ["origin"] = "far.test",
            },
        };
    }

    private JsonObject Take(FederationCall call, DagRoom room, string[] path)
    {
        Assert.True(PduReader.TryRead(call.Body!.Value, room.Version, out var pdu, out var fault), fault);
        Assert.Equal((path[6], path[5]), (pdu.EventId.Value, pdu.RoomId.Value));
        Assert.True(EventHash.ContentHashMatches(pdu));
        room.Take(pdu);
        if (room.IsRejected(pdu.EventId))
        {
            throw Refuse(call, 403, "M_FORBIDDEN");
        }

        Ends = [pdu.EventId];
        var state = room.StateBefore(pdu.EventId).Values.Select(id => room.Find(id)!).ToList();
        return path[4] switch
        {
            "send_join" => new JsonObject { ["origin"] = "far.test", ["state"] = List(state), ["auth_chain"] = List(Chain(room, state.Append(pdu))), ["event"] = Node(pdu) },
            "send_knock" => new JsonObject { ["knock_room_state"] = List(state.Where(e => e.Type is EventTypes.Create or EventTypes.JoinRules or EventTypes.Name)) },
            _ => [],
        };
    }

    private List<Pdu> Back(DagRoom room, IEnumerable<EventId> from, int limit, HashSet<string?> without)
    {
        var found = new List<Pdu>();
        var open = new Queue<EventId>(from);
        var seen = new HashSet<EventId>();
        while (open.TryDequeue(out var id) && found.Count < limit)
        {
            if (seen.Add(id) && !without.Contains(id.Value) && !Hides.Contains(id))
            {
                found.Add(room.Find(id)!);
                foreach (var prev in room.Find(id)!.PrevEvents)
                {
                    open.Enqueue(prev);
                }
            }
        }

        return found;
    }

    private Pdu Has(FederationCall call, DagRoom room, string id) =>
        room.Find(EventId.Parse(id)) is { } pdu && !Hides.Contains(pdu.EventId) ? pdu : throw Refuse(call, 404, "M_NOT_FOUND");

    private static List<Pdu> Chain(DagRoom room, IEnumerable<Pdu> events)
    {
        var chain = new Dictionary<EventId, Pdu>();
        var open = new Stack<EventId>(events.SelectMany(e => e.AuthEvents));
        while (open.TryPop(out var id))
        {
            if (chain.TryAdd(id, room.Find(id)!))
            {
                foreach (var cited in room.Find(id)!.AuthEvents)
                {
                    open.Push(cited);
                }
            }
        }

        return [.. chain.Values];
    }

    private static JsonArray References(DagRoom room, IEnumerable<EventId> ids) => new([.. ids.Select(id => room.Version.EventIds == EventIdFormat.Chosen
        ? (JsonNode)new JsonArray(id.Value, new JsonObject { ["sha256"] = UnpaddedBase64.Encode(EventBuilder.ReferenceHash(room.Find(id)!)) })
        : JsonValue.Create(id.Value))]);

    private static JsonArray List(IEnumerable<Pdu> events) => new([.. events.Select(Node)]);

    private static JsonNode Node(Pdu pdu) => JsonNode.Parse(pdu.Json.Span)!;

    private static FederationException Refuse(FederationCall call, int status, string code) =>
        new(call.Destination, call.Operation, FederationFailure.Refused, code) { Status = status, ErrorCode = code };
}

/// <summary>Knows the keys of the far server and of our tenant.</summary>
public sealed class KnownKeys(Func<ServerName, SigningKey> tenants) : IKeyRing
{
    public ValueTask<VerifyKey?> Find(ServerName asker, ServerName server, string keyId, long? validAtMs, CancellationToken cancel = default) =>
        ValueTask.FromResult(server == DagRoom.Far ? Raw(DagRoom.Key, keyId) : server == Reading.RoomServer.Tenant ? Raw(tenants(server), keyId) : null);

    public async ValueTask<string?> Verify(ServerName asker, Pdu pdu, CancellationToken cancel = default)
    {
        foreach (var server in EventSignature.RequiredServers(pdu))
        {
            var good = false;
            foreach (var keyId in EventSignature.KeyIds(pdu, server))
            {
                good |= await Find(asker, server, keyId, null, cancel) is { } key && EventSignature.Verify(pdu, server, keyId, key);
            }

            if (!good)
            {
                return $"no good signature of {server}";
            }
        }

        return null;
    }

    public ValueTask<bool> Verify(ServerName asker, ServerName signer, ReadOnlyMemory<byte> json, long? validAtMs, CancellationToken cancel = default) =>
        throw new NotSupportedException();

    private static VerifyKey? Raw(SigningKey key, string keyId) => key.Id == keyId ? VerifyKey.TryImport(key.PublicKey) : null;
}
