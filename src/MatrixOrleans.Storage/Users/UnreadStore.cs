using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <param name="Thread"><c>main</c> or the thread root's event id.</param>
/// <param name="Notify">Unread events that notify, highlights included.</param>
/// <param name="CursorSeq">The counts hold up to this room_seq; what came later is evaluated when it is read.</param>
public sealed record UnreadRow(long RoomNid, string Thread, long Notify, long Highlight, long CursorSeq);

/// <summary>Unread counts of (user, room, thread).</summary>
public sealed class UnreadStore
{
    private const string Row = "select room_nid, thread, notify, highlight, cursor_seq from unread_counts ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal UnreadStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<IReadOnlyList<UnreadRow>> OfUser(UserId user) =>
        await _source.Query(Row + "where user_id = @user", Map, ("user", user.Value)).ConfigureAwait(false);

    public async Task<IReadOnlyList<UnreadRow>> OfRoom(UserId user, long roomNid) =>
        await _source.Query(Row + "where user_id = @user and room_nid = @room", Map, ("user", user.Value), ("room", roomNid)).ConfigureAwait(false);

    /// <summary>Replaces counts. A row whose stored cursor is further stays as it is.</summary>
    public Task Set(UserId user, IReadOnlyCollection<UnreadRow> rows) =>
        _writer.Execute(async (session, _) =>
        {
            foreach (var row in rows)
            {
                await session.Execute(
                    """
                    insert into unread_counts (user_id, room_nid, thread, notify, highlight, cursor_seq) values (@user, @room, @thread, @notify, @highlight, @cursor)
                    on conflict (user_id, room_nid, thread) do update set notify = excluded.notify, highlight = excluded.highlight, cursor_seq = excluded.cursor_seq
                        where unread_counts.cursor_seq <= excluded.cursor_seq
                    """,
                    ("user", user.Value),
                    ("room", row.RoomNid),
                    ("thread", row.Thread),
                    ("notify", row.Notify),
                    ("highlight", row.Highlight),
                    ("cursor", row.CursorSeq)).ConfigureAwait(false);
            }

            return 0;
        });

    private static UnreadRow Map(DbDataReader reader) =>
        new(reader.Number(0), reader.String(1), reader.Number(2), reader.Number(3), reader.Number(4));
}
