using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <param name="IsAutomatic">The client subscribed by itself.</param>
/// <param name="UnsubscribedSeq">The room's newest event when the user unsubscribed last.</param>
public sealed record ThreadSubscriptionRow(long RoomNid, RoomId RoomId, string Root, bool IsSubscribed, bool IsAutomatic, long? UnsubscribedSeq, long Position);

/// <summary>Which threads users follow (MSC4306). Written by <see cref="Log.ThreadSubscriptionSet"/>.</summary>
public sealed class ThreadSubscriptionStore
{
    private const string Row = "select t.room_nid, r.room_id, t.root, t.subscribed, t.automatic, t.unsubscribed_seq, t.pos from thread_subscriptions t join rooms r on r.nid = t.room_nid ";
    private readonly SqlSource _source;

    internal ThreadSubscriptionStore(SqlSource source) => _source = source;

    public async Task<ThreadSubscriptionRow?> Get(UserId user, long roomNid, EventId root) =>
        await _source.First(
            Row + "where t.user_id = @user and t.room_nid = @room and t.root = @root",
            Map,
            ("user", user.Value),
            ("room", roomNid),
            ("root", root.Value)).ConfigureAwait(false);

    /// <summary>All of a user's, those that ended too.</summary>
    public async Task<IReadOnlyList<ThreadSubscriptionRow>> OfUser(UserId user) =>
        await _source.Query(Row + "where t.user_id = @user", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>What changed in (after, upto], the newest first.</summary>
    /// <param name="subscribedOnly">Leave out what ended.</param>
    public async Task<IReadOnlyList<ThreadSubscriptionRow>> Between(UserId user, long after, long upto, int limit, bool subscribedOnly) =>
        await _source.Query(
            Row + "where t.user_id = @user and t.pos > @after and t.pos <= @upto and t.subscribed >= @least order by t.pos desc limit @limit",
            Map,
            ("user", user.Value),
            ("after", after),
            ("upto", upto),
            ("least", subscribedOnly),
            ("limit", (long)limit)).ConfigureAwait(false);

    private static ThreadSubscriptionRow Map(DbDataReader reader) => new(
        reader.Number(0), RoomId.Parse(reader.String(1)), reader.String(2), reader.Flag(3), reader.Flag(4), reader.NumberOrNull(5), reader.Number(6));
}
