using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using EventId = MatrixOrleans.Protocol.Identifiers.EventId;

namespace MatrixOrleans.Grains.Federation;

/// <summary>
/// An invitation to a room that no tenant is in is a row of the user: nothing of the room is kept but what the inviter showed. What is signed was checked to be
/// just that.
/// </summary>
[StatelessWorker]
public sealed partial class InvitedGrain(
    Database database, PduChecks checks, TenantKeys keys, IFederationClient client, TimeProvider time, ILogger<InvitedGrain> log) : Grain, IInvitedGrain
{
    private const int StateMax = 100;

    public async ValueTask<ReadOnlyMemory<byte>> Take(ServerAsker asker, RemoteInvite invite)
    {
        if (!RoomVersions.TryGet(invite.RoomVersion, out var version))
        {
            throw new MatrixException(MatrixError.IncompatibleRoomVersion, "The room's version is not known here")
            {
                ExtraJson = JsonSerializer.Serialize(new { room_version = invite.RoomVersion }),
            };
        }

        if (!PduReader.TryRead(invite.Event, version, out var pdu, out var fault))
        {
            throw new MatrixException(MatrixError.BadJson, fault);
        }

        if (pdu.EventId != invite.EventId || pdu.RoomId != invite.Room)
        {
            throw Invalid("The event is not the one that the path names");
        }

        if (pdu.Type != EventTypes.Member || pdu.ContentString("membership") != "invite" || !UserId.TryParse(pdu.StateKey, out var target) || target.ServerName != asker.Tenant)
        {
            throw Invalid("Not an invitation of a user of this server");
        }

        if (pdu.Sender.ServerName != asker.Server)
        {
            throw Invalid("The sender is not of the asking server");
        }

        if (!EventHash.ContentHashMatches(pdu) || (await checks.Check(asker.Tenant, asker.Server, version, invite.Room, invite.Event)).Pdu is null)
        {
            throw new MatrixException(MatrixError.Forbidden, "The event's hash or signature is wrong");
        }

        if (await database.Accounts.Get(target) is not { Deactivated: false })
        {
            throw new MatrixException(MatrixError.Forbidden, "There is no such user");
        }

        await Invitations.RefuseBlocked(database, target, pdu.Sender);
        var stripped = await Stripped(asker, invite, version, pdu);
        var signed = EventSignature.Sign(pdu, asker.Tenant, keys.For(asker.Tenant));
        await Keep(asker, version, signed, target, stripped);
        return signed.Json;
    }

    public async ValueTask<IReadOnlyList<RoomId>> RoomsOf(EventId id) => await database.Rooms.Graph.RoomsOf(id);

    public async ValueTask Bound(UserId user, IReadOnlyList<ReadOnlyMemory<byte>> invites)
    {
        if (!keys.IsTenant(user.ServerName) || await database.Accounts.Get(user) is null)
        {
            throw new MatrixException(MatrixError.Forbidden, "The user is not of this server");
        }

        foreach (var invite in invites)
        {
            var json = JsonElement.Parse(invite.Span);
            if (RoomId.TryParse(JsonMembers.Text(json, "room_id"), out var room) && UserId.TryParse(JsonMembers.Text(json, "sender"), out var sender)
                && JsonMembers.Object(json, "signed") is { } signed && JsonMembers.Text(signed, "mxid") == user.Value)
            {
                await Exchange(user, room, sender, signed);
            }
        }
    }

    /// <summary>Asks the inviter's server to make the invitation a real one.</summary>
    private async Task Exchange(UserId user, RoomId room, UserId sender, JsonElement signed)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            type = EventTypes.Member,
            room_id = room.Value,
            sender = sender.Value,
            state_key = user.Value,
            content = new { membership = "invite", third_party_invite = new { display_name = user.Localpart, signed } },
        });
        try
        {
            if (keys.IsTenant(sender.ServerName))
            {
                await GrainFactory.GetGrain<IResidentGrain>(room.Value).Exchange(new ServerAsker(user.ServerName, sender.ServerName), body);
            }
            else
            {
                await client.Send(new FederationCall(
                    user.ServerName, sender.ServerName, HttpMethod.Put, "/_matrix/federation/v1/exchange_third_party_invite/" + Uri.EscapeDataString(room.Value), body));
            }
        }
        catch (Exception failure) when (failure is FederationException or MatrixException)
        {
            // One invitation that comes to nothing leaves the others.
            LogNotExchanged(log, failure, sender.ServerName.Value, room.Value);
        }
    }

    private async Task Keep(ServerAsker asker, RoomVersion version, Pdu pdu, UserId target, ReadOnlyMemory<byte> stripped)
    {
        var known = await database.Rooms.Find(pdu.RoomId);
        if (known is not null && (await database.Rooms.Graph.JoinedServers(known.Nid)).Any(keys.IsTenant))
        {
            // It comes to the room itself like every other event, and to the user from there.
            return;
        }

        var nid = known?.Nid ?? await database.Numbers.RoomNid();
        var before = known is null ? null : await database.Memberships.Get(known.Nid, target);
        var result = await database.Writer.Append(new AppendUnit
        {
            Users =
            [
                new MembershipSet(
                    target.Value, nid, pdu.RoomId.Value, new NewRoom(version.Id, null, true, asker.Tenant, time.GetUtcNow().ToUnixTimeMilliseconds()), Membership.Invite, pdu.Sender.Value, stripped)
                {
                    Before = before?.Membership ?? Membership.None,
                },
            ],
        });
        if (result.Outcome != AppendOutcome.Accepted)
        {
            throw new MatrixException(MatrixError.RoomMoved, "The room became known meanwhile; try again");
        }
    }

    /// <summary>What the user is shown of the room: the inviter's words, checked where the room version says that they can be.</summary>
    private async Task<ReadOnlyMemory<byte>> Stripped(ServerAsker asker, RemoteInvite invite, RoomVersion version, Pdu pdu)
    {
        var hasCreate = false;
        var output = new ByteBuffer(1024);
        output.Write("["u8);
        foreach (var json in (invite.State ?? []).Take(StateMax))
        {
            var entry = JsonElement.Parse(json.Span);
            if (version.RoomIdIsCreateHash && (await checks.Check(asker.Tenant, asker.Server, version, invite.Room, json)).Pdu is null)
            {
                throw Invalid("An entry of invite_room_state is no good event of the room");
            }

            if (StrippedState.TryWrite(entry, output))
            {
                hasCreate |= JsonMembers.Text(entry, "type") == EventTypes.Create;
                output.Write(","u8);
            }
        }

        if (!hasCreate)
        {
            if (version.RoomIdIsCreateHash)
            {
                throw new MatrixException(MatrixError.MissingParam, "invite_room_state has no m.room.create event");
            }

            LogNoCreate(log, asker.Server.Value, invite.Room.Value);
        }

        StrippedState.Write(pdu, output);
        output.Write("]"u8);
        return output.WrittenMemory;
    }

    private static MatrixException Invalid(string text) => new(MatrixError.InvalidParam, text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Server} invites to {RoomId} without showing the create event")]
    private static partial void LogNoCreate(ILogger log, string server, string roomId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Server} did not turn a third-party invite to {RoomId} into an invitation")]
    private static partial void LogNotExchanged(ILogger log, Exception failure, string server, string roomId);
}
