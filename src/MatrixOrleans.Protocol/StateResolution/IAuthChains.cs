using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>
/// Questions about the graph that <c>auth_events</c> makes. <see cref="AuthChainWalk"/> answers them by walking; storage may answer from
/// an index. An auth chain holds an event's auth events, theirs, and so on, not the event itself.
/// </summary>
public interface IAuthChains
{
    /// <summary>
    /// The auth difference: every event that is in the auth chain of at least one of the states and not of every one. The states are whole
    /// ones: what is in the auth chain of an unconflicted event is in that of every state.
    /// </summary>
    IReadOnlySet<EventId> Difference(ConflictedState input);

    /// <summary>
    /// The events on all paths along <c>auth_events</c> from one of the given events to another, and the given events themselves. Of the
    /// conflicted state set this is the conflicted state subgraph of room version 12.
    /// </summary>
    IReadOnlySet<EventId> Between(IReadOnlyCollection<EventId> events);
}
