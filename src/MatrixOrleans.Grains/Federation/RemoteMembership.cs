using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;
using Microsoft.Extensions.Logging;
using EventId = MatrixOrleans.Protocol.Identifiers.EventId;

namespace MatrixOrleans.Grains.Federation;

/// <summary>A user's wish to change the own membership of a room through a server that is in it.</summary>
/// <param name="Via">Servers to ask, in this order.</param>
public sealed record RemoteWish(UserId User, RoomId Room, IReadOnlyList<ServerName> Via, string? Reason, string? DisplayName, string? AvatarUrl);

/// <summary>
/// Brings users into rooms that nobody of ours is in, and out again (Server-Server API, "Joining Rooms", "Knocking upon a room", "Leaving Rooms"):
/// <code>
///   make_* ─> template ─> an event of our own making ─> send_* ─> join: state and auth chain, every event checked ─> the room
/// </code>
/// </summary>
public sealed partial class RemoteMembership(
    Database database, IFederationClient client, PduChecks checks, TenantKeys keys, TimeProvider time, ILogger<RemoteMembership> log)
{
    /// <summary>Servers that are tried for one wish.</summary>
    private const int ServersMax = 10;

    private const string EventLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Largest answer to send_join: a whole state with its auth chain.</summary>
    private const int JoinBytesMax = 512 * 1024 * 1024;

    private static readonly TimeSpan JoinPatience = TimeSpan.FromMinutes(5);

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whether somebody of this cluster is joined to the room: then it is changed here.</summary>
    public async Task<bool> IsResident(RoomId room) =>
        await database.Rooms.Find(room) is { CreateEventId: not null } known && (await database.Rooms.Graph.JoinedServers(known.Nid)).Any(keys.IsTenant);

    /// <summary>Servers that may help, the wished ones first, then who invited, who made the room, and who was in it when we last were.</summary>
    public async Task<List<ServerName>> Candidates(RoomId room, UserId user, IReadOnlyList<ServerName> via)
    {
        var candidates = new List<ServerName>(via);
        if (await database.Rooms.Find(room) is { } known)
        {
            if (await database.Memberships.Get(known.Nid, user) is { Membership: Membership.Invite, Sender: { } sender } && UserId.TryParse(sender, out var inviter))
            {
                candidates.Add(inviter.ServerName);
            }

            candidates.AddRange(await database.Rooms.Graph.JoinedServers(known.Nid));
        }

        if (room.ServerName is { } maker)
        {
            candidates.Add(maker);
        }

        return [.. candidates.Where(server => !keys.IsTenant(server)).Distinct().Take(ServersMax)];
    }

    /// <exception cref="MatrixException">What the last server that was asked says.</exception>
    public Task Join(IRoomGrain room, RemoteWish wish) => Try(wish, async server =>
    {
        var (template, pdu) = await Make(server, wish, "join");
        var answer = await Send(server, wish, pdu, "/_matrix/federation/v2/send_join", "omit_members=false");
        if (template.Authoriser is { } authoriser && answer.TryGetProperty("event", out var handed) && handed.ValueKind == JsonValueKind.Object)
        {
            pdu = EventSignature.WithSignaturesOf(pdu, UserId.Parse(authoriser).ServerName, handed);
        }

        await Enter(room, server, wish, template.Version, pdu, answer);
    });

    /// <exception cref="MatrixException">What the last server that was asked says.</exception>
    public Task Knock(RemoteWish wish) => Try(wish, async server =>
    {
        var (template, pdu) = await Make(server, wish, "knock");
        var answer = await Send(server, wish, pdu, "/_matrix/federation/v1/send_knock", "");
        var output = new ByteBuffer(1024);
        output.Write("["u8);
        foreach (var json in PduChecks.Objects(answer, "knock_room_state", 100))
        {
            if (StrippedState.TryWrite(JsonElement.Parse(json.Span), output))
            {
                output.Write(","u8);
            }
        }

        StrippedState.Write(pdu, output);
        output.Write("]"u8);
        await SetRow(wish, Membership.Knock, wish.User.Value, output.WrittenMemory, template.Version);
    });

    /// <summary>Rejects an invitation or takes back a knock; for the user it is over also when no server answers.</summary>
    public async Task Leave(RemoteWish wish)
    {
        try
        {
            await Try(wish, async server =>
            {
                var (_, pdu) = await Make(server, wish, "leave");
                await Send(server, wish, pdu, "/_matrix/federation/v2/send_leave", "");
            });
        }
        catch (MatrixException failure)
        {
            LogLeftAlone(log, failure, wish.User.Value, wish.Room.Value);
        }

        await SetRow(wish, Membership.Leave, wish.User.Value, null, null);
    }

    /// <summary>Looks an alias up where it is kept.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND and what the server says.</exception>
    public async Task<(RoomId Room, List<ServerName> Servers)> Resolve(ServerName tenant, RoomAlias alias)
    {
        try
        {
            var answer = JsonElement.Parse(await client.Send(new FederationCall(
                tenant, alias.ServerName, HttpMethod.Get, "/_matrix/federation/v1/query/directory?room_alias=" + Uri.EscapeDataString(alias.Value))));
            if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("room_id", out var id) && id.ValueKind == JsonValueKind.String && RoomId.TryParse(id.GetString(), out var room))
            {
                var servers = answer.TryGetProperty("servers", out var list) && list.ValueKind == JsonValueKind.Array
                    ? list.EnumerateArray().Take(ServersMax).Where(s => s.ValueKind == JsonValueKind.String && ServerName.IsValid(s.GetString())).Select(s => ServerName.Parse(s.GetString()!))
                    : [];
                return (room, [.. servers.Append(alias.ServerName).Distinct()]);
            }
        }
        catch (FederationException failure)
        {
            throw failure.Status == 404 ? new MatrixException(MatrixError.NotFound, $"Room alias {alias} not found.") : RemoteRefusal.Of(failure);
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new MatrixException(MatrixError.Unknown.WithStatus(502), $"{alias.ServerName} does not answer as it should");
    }

    private async Task Try(RemoteWish wish, Func<ServerName, Task> with)
    {
        MatrixException? last = null;
        foreach (var server in wish.Via.Take(ServersMax))
        {
            try
            {
                await with(server);
                return;
            }
            catch (FederationException failure)
            {
                LogUnhelpful(log, failure, server.Value, wish.Room.Value);

                // What a server says counts more than that another does not answer.
                last = last is null || failure.Failure == FederationFailure.Refused ? RemoteRefusal.Of(failure) : last;
            }
            catch (JsonException failure)
            {
                LogUnhelpful(log, failure, server.Value, wish.Room.Value);
                last ??= Bad(server, "no JSON");
            }
            catch (BadAnswerException failure)
            {
                LogUnhelpful(log, failure, server.Value, wish.Room.Value);
                last ??= Bad(server, failure.Message);
            }
        }

        throw last ?? new MatrixException(MatrixError.NotFound, "No server is known that is in the room");
    }

    private async Task<(RemoteTemplate Template, Pdu Pdu)> Make(ServerName server, RemoteWish wish, string membership)
    {
        var versions = membership == "leave" ? "" : "?" + string.Join('&', RoomVersions.All.Select(v => "ver=" + v.Id));
        var path = $"/_matrix/federation/v1/make_{membership}/{Uri.EscapeDataString(wish.Room.Value)}/{Uri.EscapeDataString(wish.User.Value)}{versions}";
        var tenant = wish.User.ServerName;
        var answer = JsonElement.Parse(await client.Send(new FederationCall(tenant, server, HttpMethod.Get, path)));
        var template = RemoteTemplate.Read(answer, wish.Room, wish.User, membership) ?? throw new BadAnswerException("a template for something else");
        var isLeave = membership == "leave";
        var said = template.Event(wish.Room, wish.User, membership, wish.Reason, isLeave ? null : wish.DisplayName, isLeave ? null : wish.AvatarUrl, NowMs);
        EventId? chosen = template.Version.EventIds == EventIdFormat.Chosen ? EventId.Parse($"${RandomNumberGenerator.GetString(EventLetters, 18)}:{tenant}") : null;
        return (template, EventBuilder.Build(said, template.Version, tenant, keys.For(tenant), chosen));
    }

    private async Task<JsonElement> Send(ServerName server, RemoteWish wish, Pdu pdu, string path, string query)
    {
        var call = new FederationCall(
            wish.User.ServerName,
            server,
            HttpMethod.Put,
            $"{path}/{Uri.EscapeDataString(wish.Room.Value)}/{Uri.EscapeDataString(pdu.EventId.Value)}{(query.Length > 0 ? "?" + query : "")}",
            pdu.Json)
        {
            Timeout = JoinPatience,
            BytesMax = JoinBytesMax,
        };
        return JsonElement.Parse(await client.Send(call));
    }

    /// <summary>Takes up the room as the server shows it: checked in parallel and outside the room's turn, kept, and begun with the join.</summary>
    private async Task Enter(IRoomGrain room, ServerName server, RemoteWish wish, RoomVersion version, Pdu join, JsonElement answer)
    {
        var tenant = wish.User.ServerName;
        if ((await checks.Check(tenant, server, version, wish.Room, join.Json)).Pdu is null)
        {
            throw new BadAnswerException("the join lacks a signature");
        }

        var state = await checks.CheckAll(tenant, server, version, wish.Room, PduChecks.Objects(answer, "state", RemoteRoom.StateEventsMax));
        var chain = await checks.CheckAll(tenant, server, version, wish.Room, PduChecks.Objects(answer, "auth_chain", RemoteRoom.StateEventsMax));
        var create = state.Find(pdu => pdu.Is(EventTypes.Create, "")) ?? throw new BadAnswerException("a state without a create event");
        if ((create.ContentString("room_version") ?? "1") != version.Id || state.DistinctBy(pdu => pdu.Key).Count() != state.Count || state.Exists(pdu => !pdu.IsState))
        {
            throw new BadAnswerException("a state that is none, or of another room version");
        }

        var known = await database.Rooms.Find(wish.Room);
        var nid = known?.Nid ?? await database.Numbers.RoomNid();
        var outliers = new Outliers(database, nid, wish.Room);
        var kept = await outliers.Keep([.. state, .. chain]);
        if (!kept.Kept.ContainsKey(create.EventId))
        {
            throw new BadAnswerException("a create event that is not allowed");
        }

        var root = await outliers.State([.. state.Where(pdu => kept.Kept.ContainsKey(pdu.EventId)).Select(pdu => (pdu.Key!.Value, kept.Kept[pdu.EventId]))]);
        var verdict = (await room.Receive(new ReceiveCommand
        {
            NewRoom = new NewRoomFacts(nid, version.Id, create.EventId, Federates(create), tenant),
            Events =
            [
                new IncomingPdu
                {
                    EventId = join.EventId,
                    Json = join.Json,
                    States = [.. join.PrevEvents.Select(prev => new GivenState(prev, root))],
                    Rejoins = !await IsResident(wish.Room),
                    RelayedBy = "",
                    MustBeAllowedNow = true,
                },
            ],
        }))[0];
        if (verdict.Standing != PduStanding.Accepted)
        {
            throw new BadAnswerException($"a state that does not allow the join: {verdict.Reason}");
        }
    }

    private async Task SetRow(RemoteWish wish, Membership membership, string sender, ReadOnlyMemory<byte>? stripped, RoomVersion? version)
    {
        var known = await database.Rooms.Find(wish.Room);
        if (known is null && version is null)
        {
            return;
        }

        var nid = known?.Nid ?? await database.Numbers.RoomNid();
        var before = known is null ? null : await database.Memberships.Get(known.Nid, wish.User);
        var stub = version is null ? null : new NewRoom(version.Id, null, true, wish.User.ServerName, NowMs);
        await database.Writer.Append(new AppendUnit
        {
            Users = [new MembershipSet(wish.User.Value, nid, wish.Room.Value, stub, membership, sender, stripped) { Before = before?.Membership ?? Membership.None }],
        });
    }

    private static bool Federates(Pdu create) => !create.Content.TryGetProperty("m.federate", out var federate) || federate.ValueKind != JsonValueKind.False;

    private static MatrixException Bad(ServerName server, string what) => new(MatrixError.Unknown.WithStatus(502), $"{server} answers with {what}");

    [LoggerMessage(Level = LogLevel.Information, Message = "{Server} does not help into or out of {RoomId}")]
    private static partial void LogUnhelpful(ILogger log, Exception failure, string server, string roomId);

    [LoggerMessage(Level = LogLevel.Information, Message = "No server took {User}'s leaving of {RoomId}; it counts here")]
    private static partial void LogLeftAlone(ILogger log, Exception failure, string user, string roomId);

    /// <summary>The server answered with something that cannot be used.</summary>
    private sealed class BadAnswerException(string what) : Exception(what);
}
