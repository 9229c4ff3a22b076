using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.ApplicationServices;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Puts what the room cannot know into a membership change: the room behind an alias, the user's names, who blocks invitations.</summary>
[StatelessWorker]
public sealed class MembershipGrain(
    Database database, TenantKeys keys, RemoteMembership remote, RemoteInvitations invitations, ApplicationServiceList services) : Grain, IMembershipGrain
{
    public async ValueTask<RoomId> Enter(EnterRequest request)
    {
        var (room, servers) = request.Room is { } named ? (named, []) : await Resolve(request.User, request.Alias!.Value);
        if (request.Action == MembershipAction.Join && await IsJoined(room, request.User))
        {
            // The member event stays as it is: it may hold a name for this room alone.
            return room;
        }

        var profile = await MemberProfiles.Of(database, request.User);
        var via = await remote.Candidates(room, request.User, [.. request.Via, .. servers]);
        var wish = new RemoteWish(request.User, room, via, request.Reason, profile.DisplayName, profile.AvatarUrl);
        if (via.Count > 0 && !await remote.IsResident(room))
        {
            await Through(request, wish);
            return await Entered(request, room);
        }

        try
        {
            await GrainFactory.GetGrain<IRoomGrain>(room.Value).ChangeMembership(new MembershipRequest
            {
                Action = request.Action,
                Sender = request.User,
                Target = request.User,
                Reason = request.Reason,
                DisplayName = profile.DisplayName,
                AvatarUrl = profile.AvatarUrl,
                IsGuest = request.IsGuest,
            });
        }
        catch (MatrixException refusal) when (refusal.Code == MatrixError.UnableToGrantJoin && via.Count > 0)
        {
            // Nobody of ours may authorise a restricted join; somebody of another server may.
            await Through(request, wish);
        }

        return await Entered(request, room);
    }

    /// <summary>What of the user's own follows from an older room into the one that replaced it.</summary>
    private async ValueTask<RoomId> Entered(EnterRequest request, RoomId room)
    {
        if (request.Action == MembershipAction.Join)
        {
            await Upgrades.Follow(database, GrainFactory, room, request.User);
        }

        return room;
    }

    private async Task Through(EnterRequest request, RemoteWish wish)
    {
        if (request.IsGuest)
        {
            throw new MatrixException(MatrixError.GuestAccessForbidden, "Guests may not join rooms of other servers");
        }

        if (request.Action == MembershipAction.Join)
        {
            await remote.Join(GrainFactory.GetGrain<IRoomGrain>(wish.Room.Value), wish);
        }
        else
        {
            await remote.Knock(wish);
        }
    }

    public async ValueTask<SendAnswer> Change(RoomId room, MembershipRequest request)
    {
        if (request.Action == MembershipAction.Leave && await IsFromAfar(room, request.Sender))
        {
            await remote.Leave(new RemoteWish(request.Sender, room, await remote.Candidates(room, request.Sender, []), request.Reason, null, null));
            return new SendAnswer(default, 0);
        }

        if (request.Action == MembershipAction.Invite && request.Target != request.Sender)
        {
            if (!keys.IsTenant(request.Target.ServerName))
            {
                return await invitations.Invite(GrainFactory.GetGrain<IRoomGrain>(room.Value), room, request);
            }

            await Invitations.RefuseBlocked(database, request.Target, request.Sender);
            await AppServiceQueries.User(request.Target, database, services, GrainFactory);
        }

        if (request.Action is MembershipAction.Join or MembershipAction.Knock or MembershipAction.Invite)
        {
            request = await WithNames(request);
        }

        var answer = await GrainFactory.GetGrain<IRoomGrain>(room.Value).ChangeMembership(request);
        if (request.Action == MembershipAction.Join)
        {
            await Upgrades.Follow(database, GrainFactory, room, request.Sender);
        }

        return answer;
    }

    public async ValueTask RemoveGuests(RoomId room)
    {
        if (await CurrentState.Load(database, room) is not { } state || (await state.Content(StateKey.GuestAccess) is { } content && GuestAccess.CanJoin(content)))
        {
            return;
        }

        foreach (var guest in await database.Memberships.Guests(state.Room.Nid))
        {
            await GrainFactory.GetGrain<IRoomGrain>(room.Value).ChangeMembership(new MembershipRequest { Action = MembershipAction.Leave, Sender = guest, Target = guest });
        }
    }

    public async ValueTask Forget(UserId user, RoomId room)
    {
        if (await database.Rooms.Find(room) is not { } known || await database.Memberships.Get(known.Nid, user) is not { } row || row.Forgotten)
        {
            return;
        }

        if (row.Membership is not (Membership.Leave or Membership.Ban))
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(400), $"User {user} is in room {room}");
        }

        await database.Writer.Append(new AppendUnit { Users = [new ForgetSet(user.Value, known.Nid)] });
    }

    public async ValueTask<IReadOnlyList<RoomId>> JoinedRooms(UserId user) =>
        [.. (await database.Memberships.OfUser(user)).Where(row => row.Membership == Membership.Join).Select(row => row.RoomId)];

    private async ValueTask<bool> IsJoined(RoomId room, UserId user) =>
        await database.Rooms.Find(room) is { } known && (await database.Memberships.Get(known.Nid, user))?.Membership == Membership.Join;

    /// <summary>Whether the user is invited to, or knocks at, a room that nobody of this cluster is in.</summary>
    private async ValueTask<bool> IsFromAfar(RoomId room, UserId user) =>
        await database.Rooms.Find(room) is { } known
        && await database.Memberships.Get(known.Nid, user) is { Membership: Membership.Invite or Membership.Knock }
        && !await remote.IsResident(room);

    private async ValueTask<(RoomId Room, IReadOnlyList<ServerName> Servers)> Resolve(UserId user, RoomAlias alias)
    {
        if (await AppServiceQueries.Alias(alias, database, services, GrainFactory) is { } known)
        {
            return (known.RoomId, []);
        }

        return keys.IsTenant(alias.ServerName)
            ? throw new MatrixException(MatrixError.NotFound, $"Room alias {alias} not found.")
            : await remote.Resolve(user.ServerName, alias);
    }

    /// <summary>The target's names, unless the client gave others of its own.</summary>
    private async ValueTask<MembershipRequest> WithNames(MembershipRequest request)
    {
        var given = request.ExtraContent is { } extra ? JsonElement.Parse(extra.Span) : (JsonElement?)null;
        var hasName = given?.TryGetProperty("displayname", out _) == true;
        var hasAvatar = given?.TryGetProperty("avatar_url", out _) == true;
        if (hasName && hasAvatar)
        {
            return request;
        }

        var profile = await MemberProfiles.Of(database, request.Target);
        return request with
        {
            DisplayName = hasName ? request.DisplayName : profile.DisplayName,
            AvatarUrl = hasAvatar ? request.AvatarUrl : profile.AvatarUrl,
        };
    }
}
