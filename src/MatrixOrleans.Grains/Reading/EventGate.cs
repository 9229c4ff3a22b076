using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Visibility;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>Lets through what the reader may see, by the state at each event (Client-Server API, "Room History Visibility").</summary>
internal sealed class EventGate(RoomView view, RoomStates states, ErasedUsers erased)
{
    private readonly StateKey _ownMember = StateKey.Member(view.Viewer.User);

    /// <summary>The event when the reader may see it. Only accepted events with a place in the timeline are shown at all.</summary>
    public async ValueTask<VisibleEvent?> Pass(StoredEvent stored)
    {
        if (stored.RoomSeq is not { } seq || seq > view.UpToSeq)
        {
            return null;
        }

        var pdu = states.Shown(stored);
        var visibility = EventVisibility.Of(
            states.Original(stored),
            view.Viewer.User,
            await states.Event(stored.StateBefore, StateKey.HistoryVisibility),
            await states.Event(stored.StateBefore, _ownMember),
            seq < view.JoinedUntilSeq);
        if (!visibility.Allows)
        {
            return null;
        }

        return new VisibleEvent(stored, await erased.Hides(pdu.Sender, visibility.Membership) ? states.Pruned(stored) : pdu, visibility.Membership);
    }
}
