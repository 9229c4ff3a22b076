using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Which state an event cites as its <c>auth_events</c> (Server-Server API, "Auth events selection").</summary>
public static class AuthEventSelection
{
    /// <summary>The keys whose current events, where there are any, are the auth events of such an event. Each key stands once.</summary>
    public static IReadOnlyList<StateKey> Keys(string type, UserId sender, string? stateKey, JsonElement content, RoomVersion version)
    {
        // "The auth_events for the m.room.create event in a room is empty"
        if (type == EventTypes.Create)
        {
            return [];
        }

        var keys = new List<StateKey>(6);

        // "Depending on the room version, the m.room.create event." Not since v12.
        if (!version.RoomIdIsCreateHash)
        {
            keys.Add(StateKey.Create);
        }

        // "The current m.room.power_levels event, if any."
        keys.Add(StateKey.PowerLevels);

        // "The sender's current m.room.member event, if any."
        keys.Add(StateKey.Member(sender));
        if (type == EventTypes.Member)
        {
            AddForMember(keys, stateKey, content, version);
        }

        return keys;
    }

    /// <summary>The keys for an event that exists.</summary>
    public static IReadOnlyList<StateKey> Keys(Pdu pdu) => Keys(pdu.Type, pdu.Sender, pdu.StateKey, pdu.Content, pdu.Version);

    private static void AddForMember(List<StateKey> keys, string? stateKey, JsonElement content, RoomVersion version)
    {
        // "The target's current m.room.member event, if any."
        if (stateKey is not null)
        {
            AddOnce(keys, new StateKey(EventTypes.Member, stateKey));
        }

        // "If membership is join, invite or knock, the current m.room.join_rules event, if any."
        var membership = MembershipText.OfContent(content);
        if (membership is Membership.Join or Membership.Invite or Membership.Knock)
        {
            keys.Add(StateKey.JoinRules);
        }

        // "If membership is invite and content contains a third_party_invite property, the current m.room.third_party_invite event
        // with state_key matching content.third_party_invite.signed.token, if any."
        if (membership == Membership.Invite && ThirdPartyToken(content) is { } token)
        {
            keys.Add(StateKey.ThirdPartyInvite(token));
        }

        // "If membership is join, content.join_authorised_via_users_server is present, and the room version supports restricted rooms,
        // then the m.room.member event with state_key matching content.join_authorised_via_users_server."
        if (membership == Membership.Join && version.RestrictedJoin
            && content.TryGetProperty("join_authorised_via_users_server", out var authoriser) && authoriser.ValueKind == JsonValueKind.String)
        {
            AddOnce(keys, new StateKey(EventTypes.Member, authoriser.GetString()!));
        }
    }

    private static string? ThirdPartyToken(JsonElement content) =>
        content.TryGetProperty("third_party_invite", out var invite) && invite.ValueKind == JsonValueKind.Object
        && invite.TryGetProperty("signed", out var signed) && signed.ValueKind == JsonValueKind.Object
        && signed.TryGetProperty("token", out var token) && token.ValueKind == JsonValueKind.String
            ? token.GetString()
            : null;

    private static void AddOnce(List<StateKey> keys, StateKey key)
    {
        if (!keys.Contains(key))
        {
            keys.Add(key);
        }
    }
}
