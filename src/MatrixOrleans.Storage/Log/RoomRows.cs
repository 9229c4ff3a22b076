using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>The rows of one entry of a room.</summary>
internal static class RoomRows
{
    public static void Write(RowSink sink, RoomAppend room, RoomEntry entry, long version, long? position)
    {
        Timeline(sink, room, entry, version, position);
        if (position is not null)
        {
            sink.Start(Tables.Log);
            sink.Position(position);
            sink.Number(Part(room.RoomNid));
            sink.Number((long)entry.Kind);
            sink.Number(room.RoomNid);
            sink.Number(version);
            sink.Number(entry.RoomSeq);
            sink.Number(NullIfZero(entry.EventNid));
            sink.Text(null);
            sink.End();
        }

        if (entry.Relation is { } relation)
        {
            sink.Start(Tables.Relations);
            sink.Number(room.RoomNid);
            sink.Text(relation.Target.Value);
            sink.Text(relation.RelType);
            sink.Number(entry.EventNid);
            sink.End();
        }

        if (entry.RedactsEventId is { } target)
        {
            sink.Start(Tables.Redactions);
            sink.Number(room.RoomNid);
            sink.Text(target);
            sink.Number(entry.EventNid);
            sink.End();
        }

        if (entry.RedactsLater is { } later)
        {
            sink.Start(Tables.RedactionsWaiting);
            sink.Number(room.RoomNid);
            sink.Text(later.Target.Value);
            sink.Number(entry.EventNid);
            sink.Text(later.Domain.Value);
            sink.End();
        }

        foreach (var (redacted, redactionNid) in entry.RedactedBy)
        {
            sink.Start(Tables.Redactions);
            sink.Number(room.RoomNid);
            sink.Text(redacted.Value);
            sink.Number(redactionNid);
            sink.End();
        }

        if (entry.Kind is LogKind.Gap or LogKind.GapFilled)
        {
            // An empty list of missing events says that nothing is missing any more.
            sink.Start(Tables.Gaps);
            sink.Number(room.RoomNid);
            sink.Number(entry.RoomSeq);
            sink.Blob(entry.Kind == LogKind.Gap ? entry.Missing ?? [] : Array.Empty<byte>());
            sink.End();
        }

        if (entry.Kind == LogKind.Purge)
        {
            sink.Start(Tables.Purges);
            sink.Number(room.RoomNid);
            sink.Number(entry.RoomSeq);
            sink.End();
        }

        var ord = 0;
        foreach (var delta in entry.Deltas)
        {
            Delta(sink, room.RoomNid, entry, delta, ord++, position);
        }
    }

    /// <summary>The partition of a room's rows.</summary>
    public static long Part(long roomNid) => roomNid % UnitRows.PartCount;

    private static long? NullIfZero(long nid) => nid == 0 ? null : nid;

    private static void Timeline(RowSink sink, RoomAppend room, RoomEntry entry, long version, long? position)
    {
        sink.Start(Tables.Timeline);
        sink.Number(room.RoomNid);
        sink.Number(version);
        sink.Number((long)entry.Kind);
        sink.Number((long)entry.Class);
        sink.Position(position);
        sink.Number(entry.Kind == LogKind.Event ? entry.RoomSeq : null);
        sink.Number(NullIfZero(entry.EventNid));
        sink.Number(entry.StateBefore);
        sink.Number(entry.StateAfter);
        sink.Number(entry.CurrentState);
        sink.Number(entry.JoinedCount);
        sink.Number(entry.InvitedCount);
        sink.Number(((long)entry.Facts.MemberCount << 1) | (entry.Facts.SenderMayNotifyRoom ? 1L : 0L));
        sink.Blob(entry.Extremities is { } packed ? packed : (ReadOnlyMemory<byte>?)null);
        sink.Text(entry.ThreadRoot);
        sink.Text(entry.TxnDevice);
        sink.Text(entry.TxnId);
        sink.Text(entry.RelayedBy);
        sink.End();
    }

    private static void Delta(RowSink sink, long roomNid, RoomEntry entry, StateDelta delta, int ord, long? position)
    {
        sink.Start(Tables.Deltas);
        sink.Number(roomNid);
        sink.Position(position);
        sink.Number(ord);
        sink.Number(delta.OldNid);
        sink.Number(delta.NewNid);
        sink.End();
        if (delta.Type != EventTypes.Member || !UserId.IsValid(delta.StateKey))
        {
            return;
        }

        sink.Start(Tables.MemberChanges);
        sink.Text(delta.StateKey);
        sink.Position(position);
        sink.Number(roomNid);
        sink.Number(delta.NewNid);
        sink.Number((long)delta.OldMembership);
        sink.Number((long)delta.NewMembership);
        sink.End();

        sink.Start(Tables.Memberships);
        sink.Text(delta.StateKey);
        sink.Number(roomNid);
        sink.Number((long)delta.NewMembership);
        sink.Number(delta.NewNid);
        sink.Number(entry.RoomSeq);
        sink.Position(position);
        sink.Number(entry.CurrentState);
        sink.Text(delta.Sender?.Value ?? (entry.EventNid == delta.NewNid ? entry.Event?.Sender.Value : null));
        sink.Text(delta.DisplayName);
        sink.Text(delta.AvatarUrl);
        sink.Blob(null);
        sink.End();
    }
}
