using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Reads member events that a server hands us for its users. Nothing is signed or kept that says other than what the request is for.</summary>
internal sealed class HandedMembers(PduChecks checks, TenantKeys keys, IRoomGrain room)
{
    /// <summary>The checked event, with our signature where one of ours authorises a restricted join.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON; M_INVALID_PARAM; M_FORBIDDEN and its like when a restricted join is not ours to authorise.</exception>
    public async Task<Pdu> Read(ServerView view, ServerAsker asker, EventId id, MembershipAction action, ReadOnlyMemory<byte> json)
    {
        if (!PduReader.TryRead(json, view.Version, out var pdu, out var fault))
        {
            throw new MatrixException(MatrixError.BadJson, fault);
        }

        if (pdu.EventId != id || pdu.RoomId != view.Room.Id)
        {
            throw Invalid("The event is not the one that the path names");
        }

        if (pdu.Type != EventTypes.Member || pdu.StateKey != pdu.Sender.Value || pdu.Sender.ServerName != asker.Server)
        {
            throw Invalid("Not a member event of a user of the asking server");
        }

        if (pdu.ContentString("membership") != Wanted(action))
        {
            throw Invalid($"Not a {Wanted(action)} event");
        }

        if (!EventHash.ContentHashMatches(pdu))
        {
            throw Invalid("The event's hash is wrong");
        }

        if (action == MembershipAction.Join)
        {
            pdu = await Authorised(pdu);
        }

        var result = await checks.Check(asker.Tenant, asker.Server, view.Version, view.Room.Id, pdu.Json);
        return result.Pdu ?? throw Invalid(result.Fault);
    }

    /// <summary>
    /// Adds our signature to a restricted join that names a user of ours (Server-Server API, "Restricted rooms"), when we would have named one ourselves.
    /// </summary>
    private async Task<Pdu> Authorised(Pdu pdu)
    {
        if (!pdu.Version.RestrictedJoin || !UserId.TryParse(pdu.ContentString("join_authorised_via_users_server"), out var authoriser)
            || !keys.IsTenant(authoriser.ServerName))
        {
            return pdu;
        }

        await room.Template(new MembershipRequest { Action = MembershipAction.Join, Sender = pdu.Sender, Target = pdu.Sender });
        return EventSignature.Sign(pdu, authoriser.ServerName, keys.For(authoriser.ServerName));
    }

    private static string Wanted(MembershipAction action) => action switch
    {
        MembershipAction.Join => "join",
        MembershipAction.Knock => "knock",
        _ => "leave",
    };

    private static MatrixException Invalid(string text) => new(MatrixError.InvalidParam, text);
}
