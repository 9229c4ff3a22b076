namespace MatrixOrleans.Protocol.Push;

/// <summary>What a user's push rules say of one event.</summary>
/// <param name="Rule">The rule that matched; <c>null</c> when none did.</param>
public readonly record struct PushResult(PushRule? Rule)
{
    /// <summary>No rule matched, or the user sent the event himself.</summary>
    public static readonly PushResult None = default;

    public PushActions Actions => Rule?.Actions ?? PushActions.None;

    /// <inheritdoc cref="PushActions.Notify"/>
    public bool Notify => Actions.Notify;

    /// <summary>Whether the event counts as highlighted: only what notifies can.</summary>
    public bool Highlight => Actions.Notify && Actions.Highlight;

    /// <inheritdoc cref="PushActions.Sound"/>
    public string? Sound => Actions.Sound;
}
