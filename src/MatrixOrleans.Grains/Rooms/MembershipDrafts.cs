using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Makes drafts of the memberships that local users ask for (Client-Server API, "Room membership").</summary>
internal sealed class MembershipDrafts(RoomMemory room, Database database, TenantKeys keys)
{
    /// <summary>The member event that the request is about, or that there is nothing to do: the membership is so already.</summary>
    /// <returns><c>null</c> when the current member event is the answer.</returns>
    /// <exception cref="MatrixException">M_FORBIDDEN, M_BAD_STATE, M_GUEST_ACCESS_FORBIDDEN, M_UNABLE_TO_GRANT_JOIN</exception>
    public async Task<Draft?> Make(MembershipRequest request)
    {
        var membership = MembershipText.Of(await room.Current(StateKey.Member(request.Target)));
        switch (request.Action)
        {
            case MembershipAction.Join when request.OnlyIfJoined && membership != Membership.Join:
                throw Draft.NotJoined();
            case MembershipAction.Join when request.IsGuest && membership != Membership.Join:
                await RefuseGuests();
                break;
            case MembershipAction.Join or MembershipAction.Knock when membership == Membership.Ban:
                throw new MatrixException(MatrixError.Forbidden, "You are banned from this room");
            case MembershipAction.Leave when membership == Membership.Leave:
                return null;
            case MembershipAction.Leave when membership == Membership.None:
                throw new MatrixException(MatrixError.Forbidden, "You are not in this room");
            case MembershipAction.Kick when membership is Membership.None or Membership.Leave or Membership.Ban:
                throw new MatrixException(MatrixError.Forbidden, "The user is not in this room");
            case MembershipAction.Unban when membership != Membership.Ban:
                throw new MatrixException(MatrixError.BadState, "The user is not banned");
            case MembershipAction.Invite when membership == Membership.Join:
                throw new MatrixException(MatrixError.Forbidden, "The user is already in the room");
            default:
                break;
        }

        var authoriser = request.Action == MembershipAction.Join && membership is not (Membership.Join or Membership.Invite)
            ? await AuthoriserOfRestrictedJoin(request.Sender)
            : null;
        return new Draft
        {
            Sender = request.Sender,
            Type = EventTypes.Member,
            StateKey = request.Target.Value,
            Content = Content(request, authoriser),
            AlsoSignedBy = authoriser?.ServerName,
            OnlyIfJoined = request.OnlyIfJoined,
        };
    }

    private static ReadOnlyMemory<byte> Content(MembershipRequest request, UserId? authoriser)
    {
        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        if (request.ExtraContent is { } extra)
        {
            foreach (var member in JsonElement.Parse(extra.Span).EnumerateObject())
            {
                if (member.Name is not ("membership" or "displayname" or "avatar_url" or "reason" or "join_authorised_via_users_server"))
                {
                    member.WriteTo(writer);
                }
            }
        }

        writer.WriteString("membership"u8, Wanted(request.Action).Text());
        Optional("displayname", request.DisplayName);
        Optional("avatar_url", request.AvatarUrl);
        Optional("reason", request.Reason);
        Optional("join_authorised_via_users_server", authoriser?.Value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;

        void Optional(string name, string? value)
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }
    }

    private static Membership Wanted(MembershipAction action) => action switch
    {
        MembershipAction.Join => Membership.Join,
        MembershipAction.Invite => Membership.Invite,
        MembershipAction.Ban => Membership.Ban,
        MembershipAction.Knock => Membership.Knock,
        _ => Membership.Leave,
    };

    private async Task RefuseGuests()
    {
        if ((await room.Current(StateKey.GuestAccess))?.ContentString("guest_access") != "can_join")
        {
            throw new MatrixException(MatrixError.GuestAccessForbidden, "Guests may not join this room");
        }
    }

    /// <summary>
    /// Who of the room's local members answers for a join that the room restricts to members of other rooms
    /// (Client-Server API, "Restricted rooms"); <c>null</c> when the join needs nobody.
    /// </summary>
    private async Task<UserId?> AuthoriserOfRestrictedJoin(UserId joiner)
    {
        var rules = await room.Current(StateKey.JoinRules);
        var rule = rules?.ContentString("join_rule");
        if (!(rule == "restricted" && room.Version.RestrictedJoin) && !(rule == "knock_restricted" && room.Version.KnockRestrictedJoin))
        {
            return null;
        }

        var (isMember, canTell) = await IsMemberOfAllowedRoom(joiner, rules!);
        if (!isMember)
        {
            throw canTell || keys.IsTenant(joiner.ServerName)
                ? new MatrixException(MatrixError.Forbidden, "You are in none of the rooms whose members may join")
                : new MatrixException(MatrixError.UnableToAuthoriseJoin, "This server is in none of the rooms whose members may join");
        }

        foreach (var candidate in await Authorisers())
        {
            return candidate;
        }

        throw new MatrixException(MatrixError.UnableToGrantJoin, "Nobody here may authorise the join");
    }

    /// <returns>Whether the user is in one of the rooms, and else whether we are in one of them and so can tell; with no conditions there is nothing to be told.</returns>
    private async Task<(bool IsMember, bool CanTell)> IsMemberOfAllowedRoom(UserId joiner, Pdu rules)
    {
        if (!rules.Content.TryGetProperty("allow", out var allow) || allow.ValueKind != JsonValueKind.Array)
        {
            return (false, true);
        }

        var (named, canTell) = (false, false);

        foreach (var condition in allow.EnumerateArray())
        {
            if (condition.ValueKind == JsonValueKind.Object
                && condition.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("m.room_membership"u8)
                && condition.TryGetProperty("room_id", out var id) && id.ValueKind == JsonValueKind.String && RoomId.TryParse(id.GetString(), out var allowed))
            {
                named = true;
                if (await database.Rooms.Find(allowed) is not { } other)
                {
                    continue;
                }

                if ((await database.Memberships.Get(other.Nid, joiner))?.Membership == Membership.Join)
                {
                    return (true, true);
                }

                canTell |= (await database.Rooms.Graph.JoinedServers(other.Nid)).Any(keys.IsTenant);
            }
        }

        return (false, canTell || !named);
    }

    /// <summary>Joined members of our tenants who may invite, the most powerful first.</summary>
    private async Task<List<UserId>> Authorisers()
    {
        await room.Current(StateKey.Create);
        await room.Current(StateKey.PowerLevels);
        var levels = room.Levels;
        var found = new List<UserId>();
        foreach (var member in await database.Memberships.OfRoom(room.Nid, Membership.Join))
        {
            if (keys.IsTenant(member.UserId.ServerName) && levels.UserLevel(member.UserId) >= levels.Invite)
            {
                found.Add(member.UserId);
            }
        }

        return [.. found.OrderByDescending(levels.UserLevel)];
    }
}
