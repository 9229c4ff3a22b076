using System.Collections.ObjectModel;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Reading;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// Bundled aggregations in <c>/sync</c>. What relates to an event comes after it: of a window that lies in the tail, the tail itself tells which events
/// have any relations, and the others cost nothing.
/// </summary>
internal sealed class SyncAggregations(SyncContext context, RoomWindows windows, Database database)
{
    public async ValueTask<IReadOnlyDictionary<EventId, ReadOnlyMemory<byte>>> Of(UserRoom room, RoomWindow window, List<TailEvent> timeline)
    {
        var targets = timeline
            .Where(e => window.RelatedTo is not { } related || related.Contains(e.Pdu.EventId))
            .Select(e => BundleTarget.Of(e.Pdu, e.RedactedBecause is not null))
            .ToList();
        if (targets.Count == 0)
        {
            return ReadOnlyDictionary<EventId, ReadOnlyMemory<byte>>.Empty;
        }

        var last = window.LastSeq ?? timeline.Max(e => e.RoomSeq!.Value);
        var states = windows.NewStates();
        var view = new RoomView
        {
            Room = new RoomSnapshot(room.RoomNid, room.RoomVersion, 0, context.Upto, last, window.CurrentState, window.JoinedCount, window.InvitedCount),
            Version = RoomVersions.Get(room.RoomVersion),
            RoomId = room.RoomId,
            Viewer = new Viewer(context.User, context.Request.DeviceId),
            Root = window.CurrentState,
            UpToSeq = last,
            JoinedUntilSeq = room.Membership == Membership.Join ? long.MaxValue : last,
        };
        states.Open(view);
        return await new RoomRead(database, view, states, context.NowMs, context.Ignored).Aggregations.Of(targets);
    }
}
