using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>What the authorization rules need to know beyond the event and the state.</summary>
public sealed class AuthContext
{
    /// <summary>
    /// For events whose signatures were all checked before: our own, stored ones, and those of state resolution.
    /// </summary>
    public static readonly AuthContext SignaturesChecked = new() { SignedBy = static (_, _) => true };

    /// <summary>
    /// Whether the event carries a valid signature of the server. Asked only of member events with
    /// <c>join_authorised_via_users_server</c>, and only about that user's server.
    /// </summary>
    public required Func<Pdu, ServerName, bool> SignedBy { get; init; }
}
