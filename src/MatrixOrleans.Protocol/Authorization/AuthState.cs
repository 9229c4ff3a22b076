using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>The state that one event is checked against: asked for only as far as a rule needs it.</summary>
internal sealed class AuthState(Func<StateKey, Pdu?> state, Pdu create)
{
    private PowerLevels? _levels;
    private Pdu? _powerLevels;

    public Pdu Create { get; } = create;

    public PowerLevels Levels
    {
        get
        {
            if (_levels is null)
            {
                _powerLevels = state(StateKey.PowerLevels);
                _levels = PowerLevels.Of(Create, _powerLevels);
            }

            return _levels;
        }
    }

    public Pdu? PowerLevelEvent
    {
        get
        {
            _ = Levels;
            return _powerLevels;
        }
    }

    public Membership MembershipOf(UserId user) => MembershipText.Of(state(StateKey.Member(user)));

    public Pdu? ThirdPartyInvite(string token) => state(StateKey.ThirdPartyInvite(token));

    /// <summary><c>invite</c> where nothing is stated (Client-Server API, "m.room.join_rules"); empty for what is no string.</summary>
    public string JoinRule()
    {
        if (state(StateKey.JoinRules) is not { } rules || !rules.Content.TryGetProperty("join_rule", out var rule))
        {
            return "invite";
        }

        return rule.ValueKind == JsonValueKind.String ? rule.GetString()! : "";
    }
}
