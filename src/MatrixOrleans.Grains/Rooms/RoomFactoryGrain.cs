using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Rooms.Creation;
using MatrixOrleans.Protocol.Rooms.Upgrade;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using EventId = MatrixOrleans.Protocol.Identifiers.EventId;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// Makes rooms: plans the events, signs the create event, which names the room since version 12, reserves the alias, and has the room's own
/// grain make all events in one transaction.
/// </summary>
[StatelessWorker]
public sealed partial class RoomFactoryGrain(
    Database database, TenantKeys keys, RemoteInvitations remote, TimeProvider time, ILogger<RoomFactoryGrain> log) : Grain, IRoomFactoryGrain
{
    /// <summary>Other servers that are asked at the same time to take invitations to a new room.</summary>
    private const int InvitesAtOnce = 10;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Letters of a room id, and of an event id in room versions 1-2.</summary>
    private const int IdLetters = 18;

    /// <summary>Equal create events within one millisecond make the same room id; each try takes the next millisecond.</summary>
    private const int TriesMax = 20;

    public async ValueTask<RoomId> Create(UserId creator, ReadOnlyMemory<byte> request)
    {
        var parsed = CreateRoomRequest.Parse(JsonElement.Parse(request.Span));
        var invitees = parsed.Invites.Where(user => user != creator).ToList();
        foreach (var user in invitees)
        {
            await Invitations.RefuseBlocked(database, user, creator);
        }

        var blueprint = RoomBlueprint.Of(parsed, creator, await MemberProfiles.Of(database, [creator, .. invitees]));
        var abroad = blueprint.Events.Where(IsAbroad).ToList();
        var room = await Make(blueprint with { Events = [.. blueprint.Events.Except(abroad)] });
        foreach (var chunk in abroad.Chunk(InvitesAtOnce))
        {
            await Task.WhenAll(chunk.Select(invite => Invite(room, creator, invite, parsed.InviteReason)));
        }

        return room;
    }

    /// <summary>An invitation that another server has to sign first: it comes after the room.</summary>
    private bool IsAbroad(BlueprintEvent initial) =>
        initial.Type == EventTypes.Member && UserId.TryParse(initial.StateKey, out var user) && !keys.IsTenant(user.ServerName);

    /// <summary>The room is there whether or not a server takes its invitation.</summary>
    private async Task Invite(RoomId room, UserId creator, BlueprintEvent invite, string? reason)
    {
        try
        {
            await remote.Invite(GrainFactory.GetGrain<IRoomGrain>(room.Value), room, new MembershipRequest
            {
                Action = MembershipAction.Invite,
                Sender = creator,
                Target = UserId.Parse(invite.StateKey),
                Reason = reason,
                ExtraContent = invite.Content,
            });
        }
        catch (MatrixException refusal)
        {
            LogNotInvited(log, refusal, invite.StateKey, room.Value);
        }
    }

    public async ValueTask<RoomId> Upgrade(RoomId room, UserId user, string version, IReadOnlyList<UserId> creators)
    {
        var target = UpgradeBlueprint.Version(version);
        var upgrade = new RoomUpgrade(database, GrainFactory, room, user);
        var old = await upgrade.Load();
        var isPublic = await database.Directory.IsPublic(user.ServerName, room);
        var replacement = await Make(UpgradeBlueprint.Of(old, user, await MemberProfiles.Of(database, user), target, creators, isPublic));
        await upgrade.LeaveFor(old, replacement);
        return replacement;
    }

    private async ValueTask<RoomId> Make(RoomBlueprint blueprint)
    {
        var ts = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var attempt = 0; attempt < TriesMax; attempt++)
        {
            var create = CreateEvent(blueprint, ts + attempt);
            if (!blueprint.Version.RoomIdIsCreateHash || await database.Rooms.Find(create.RoomId) is null)
            {
                if (await TryMake(blueprint, create))
                {
                    return create.RoomId;
                }
            }
        }

        throw new MatrixException(MatrixError.Unavailable, "Too many rooms are being created at once");
    }

    /// <returns>Whether the room was made; not, when another has its id.</returns>
    private async ValueTask<bool> TryMake(RoomBlueprint blueprint, Pdu create)
    {
        if (blueprint.Alias is { } alias && !await database.Aliases.Add(new AliasRow(alias, create.RoomId, blueprint.Creator, create.OriginServerTs)))
        {
            throw new MatrixException(MatrixError.RoomInUse, "Room alias already taken");
        }

        try
        {
            await GrainFactory.GetGrain<IRoomGrain>(create.RoomId.Value).Create(new CreateRoomCommand
            {
                Creator = blueprint.Creator,
                RoomVersion = blueprint.Version.Id,
                CreateEvent = create.Json,
                CreateEventId = create.EventId,
                Events = [.. blueprint.Events.Select(made => new InitialEvent(made.Type, made.StateKey, made.Content))],
                IsPublic = blueprint.IsPublic,
            });
        }
        catch (Exception failure)
        {
            if (blueprint.Alias is { } reserved)
            {
                await database.Aliases.Remove(reserved);
            }

            if (failure is MatrixException refusal)
            {
                if (refusal.Code == MatrixError.RoomInUse)
                {
                    return false;
                }

                // The creator's own events broke the room's rules: what was asked for is no valid state.
                if (refusal.Code == MatrixError.Forbidden)
                {
                    throw new MatrixException(MatrixError.InvalidRoomState, refusal.Message);
                }
            }

            throw;
        }

        if (blueprint.IsPublic)
        {
            await database.Directory.Set(blueprint.Creator.ServerName, Published.Row(create.RoomId));
        }

        return true;
    }

    private Pdu CreateEvent(RoomBlueprint blueprint, long ts)
    {
        var (version, server) = (blueprint.Version, blueprint.Creator.ServerName);
        var template = new EventTemplate
        {
            RoomId = version.RoomIdIsCreateHash ? null : RoomId.Parse($"!{RandomNumberGenerator.GetString(Letters, IdLetters)}:{server}"),
            Type = EventTypes.Create,
            StateKey = "",
            Sender = blueprint.Creator,
            Content = blueprint.CreateContent,
            OriginServerTs = ts,
            Depth = 1,
            PrevEvents = [],
            AuthEvents = [],
        };
        var chosen = version.EventIds == EventIdFormat.Chosen ? EventId.Parse($"${RandomNumberGenerator.GetString(Letters, IdLetters)}:{server}") : (EventId?)null;
        var pdu = EventBuilder.Build(template, version, server, keys.For(server), chosen);
        return pdu.Json.Length <= PduReader.BytesMax ? pdu : throw new MatrixException(MatrixError.TooLarge, "creation_content is too large");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{User} could not be invited to the new room {RoomId}")]
    private static partial void LogNotInvited(ILogger log, Exception refusal, string user, string roomId);
}
