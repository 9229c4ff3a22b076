using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Federation;

/// <summary>
/// Invites users of other servers (Server-Server API, "Inviting to a room"): the event is made and signed, their server signs it too, and then it goes into the
/// room like one from outside.
/// </summary>
public sealed class RemoteInvitations(Database database, IFederationClient client, IKeyRing keyRing, TenantKeys keys)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <exception cref="MatrixException">What the room or the other server says.</exception>
    public async Task<SendAnswer> Invite(IRoomGrain room, RoomId id, MembershipRequest request)
    {
        var tenant = request.Sender.ServerName;
        var server = request.Target.ServerName;
        var prepared = await room.Prepare(request);
        var version = RoomVersions.Get(prepared.RoomVersion);
        var pdu = PduReader.ReadStored(prepared.Json, version, prepared.EventId);
        var view = await ServerView.Open(database, id, new ServerAsker(server, tenant));
        var state = await JoinState.Preview(view, view.CurrentState, request.Sender);
        var signed = EventSignature.WithSignaturesOf(pdu, server, await Ask(tenant, server, pdu, state));
        foreach (var keyId in EventSignature.KeyIds(signed, server))
        {
            if (await keyRing.Find(tenant, server, keyId, version.KeyValidityEnforced ? signed.OriginServerTs : null) is { } key && EventSignature.Verify(signed, server, keyId, key))
            {
                return await Place(room, signed);
            }
        }

        throw new MatrixException(MatrixError.Unknown.WithStatus(502), $"{server} did not sign the invitation");
    }

    /// <summary>Turns a third-party invite of the room into an invitation of the user who turned out to be meant.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM, M_FORBIDDEN</exception>
    public async Task Exchange(IRoomGrain room, RoomId id, ServerAsker asker, ReadOnlyMemory<byte> json)
    {
        var body = JsonElement.Parse(json.Span);
        var content = JsonMembers.Object(body, "content") ?? throw new MatrixException(MatrixError.MissingParam, "content is missing");
        var thirdParty = JsonMembers.Object(content, "third_party_invite") ?? throw new MatrixException(MatrixError.MissingParam, "third_party_invite is missing");
        if (JsonMembers.Text(body, "type") != EventTypes.Member || JsonMembers.Text(content, "membership") != "invite"
            || JsonMembers.Text(body, "room_id") != id.Value
            || !UserId.TryParse(JsonMembers.Text(body, "sender"), out var sender) || !UserId.TryParse(JsonMembers.Text(body, "state_key"), out var target)
            || !keys.IsTenant(sender.ServerName))
        {
            throw new MatrixException(MatrixError.InvalidParam, "Not the invitation of a user by one of ours in this room");
        }

        var request = new MembershipRequest
        {
            Action = MembershipAction.Invite,
            Sender = sender,
            Target = target,
            ExtraContent = JsonSerializer.SerializeToUtf8Bytes(new { third_party_invite = thirdParty }),
        };
        if (keys.IsTenant(target.ServerName))
        {
            await room.ChangeMembership(request);
        }
        else
        {
            await Invite(room, id, request);
        }
    }

    private async Task<JsonElement> Ask(ServerName tenant, ServerName server, Pdu pdu, IReadOnlyList<Pdu> state)
    {
        var path = $"{Uri.EscapeDataString(pdu.RoomId.Value)}/{Uri.EscapeDataString(pdu.EventId.Value)}";
        var body = PduAnswer.Write(writer =>
        {
            writer.WriteString("room_version"u8, pdu.Version.Id);
            writer.WritePropertyName("event"u8);
            writer.WriteRawValue(pdu.Json.Span, skipInputValidation: true);
            PduAnswer.List(writer, "invite_room_state", state.Select(e => e.Json));
        });
        try
        {
            var answer = await client.Send(new FederationCall(tenant, server, HttpMethod.Put, "/_matrix/federation/v2/invite/" + path, body) { Timeout = Patience });
            return Event(server, JsonElement.Parse(answer));
        }
        catch (FederationException failure) when (failure.Status is 400 or 404 && failure.ErrorCode is null or "M_UNRECOGNIZED" && pdu.Version.EventIds == EventIdFormat.Chosen)
        {
            // Older servers know the first version of this request only, which is for such rooms only.
            var answer = await client.Send(new FederationCall(tenant, server, HttpMethod.Put, "/_matrix/federation/v1/invite/" + path, pdu.Json) { Timeout = Patience });
            var list = JsonElement.Parse(answer);
            return list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 2 ? Event(server, list[1]) : throw BadAnswer(server);
        }
        catch (FederationException failure)
        {
            throw RemoteRefusal.Of(failure);
        }
        catch (JsonException)
        {
            throw BadAnswer(server);
        }
    }

    private static async Task<SendAnswer> Place(IRoomGrain room, Pdu pdu)
    {
        var verdict = (await room.Receive(new ReceiveCommand { Events = [new IncomingPdu { EventId = pdu.EventId, Json = pdu.Json, MustBeAllowedNow = true }] }))[0];
        return verdict.Standing == PduStanding.Accepted
            ? new SendAnswer(pdu.EventId, 0)
            : throw new MatrixException(MatrixError.Forbidden, verdict.Reason);
    }

    private static JsonElement Event(ServerName server, JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("event", out var handed) && handed.ValueKind == JsonValueKind.Object ? handed : throw BadAnswer(server);

    private static MatrixException BadAnswer(ServerName server) => new(MatrixError.Unknown.WithStatus(502), $"{server} answered an invitation with something else");
}
