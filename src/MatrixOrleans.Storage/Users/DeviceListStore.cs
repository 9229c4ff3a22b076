using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <summary>Changes of users' devices and keys, and who shares rooms to hear of them. Written by <see cref="DeviceListChanged"/>.</summary>
public sealed class DeviceListStore
{
    private const int PairsMax = 1_000;

    private readonly SqlSource _source;

    internal DeviceListStore(SqlSource source) => _source = source;

    /// <summary>Which of the users changed in (after, upto].</summary>
    public async Task<IReadOnlyList<UserId>> Changed(IReadOnlyCollection<UserId> users, long after, long upto) =>
        users.Count == 0
            ? []
            : await _source.Query(
                "select distinct user_id from log where user_id {any users} and pos > @after and pos <= @upto and kind >= 10 and kind = @kind",
                static reader => UserId.Parse(reader.String(0)),
                ("users", users.Select(user => user.Value).ToArray()),
                ("after", after),
                ("upto", upto),
                ("kind", (long)LogKind.DeviceList)).ConfigureAwait(false);

    /// <summary>On whose keys one user alone sees other signatures since: in (after, upto].</summary>
    public async Task<IReadOnlyList<UserId>> Signed(UserId user, long after, long upto) =>
        await _source.Query(
            "select distinct target_user from signature_changes where user_id = @user and pos > @after and pos <= @upto",
            static reader => UserId.Parse(reader.String(0)),
            ("user", user.Value),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);

    /// <summary>Whose devices changed in (after, upto], at most <paramref name="limit"/> changes of whoever; <c>null</c> when there are more.</summary>
    public async Task<IReadOnlyList<UserId>?> Changed(long after, long upto, int limit)
    {
        // The kind stands in the text so that the index of these rows alone can serve it.
        var rows = await _source.Query(
            "select user_id from log where kind = 13 and pos > @after and pos <= @upto order by pos limit @limit",
            static reader => reader.String(0),
            ("after", after),
            ("upto", upto),
            ("limit", limit + 1L)).ConfigureAwait(false);
        return rows.Count > limit ? null : [.. rows.Distinct().Select(UserId.Parse)];
    }

    /// <summary>Who is joined to any of the rooms.</summary>
    public async Task<IReadOnlyList<UserId>> Joined(IReadOnlyCollection<long> rooms) =>
        rooms.Count == 0
            ? []
            : await _source.Query(
                "select distinct user_id from memberships where room_nid {any rooms} and membership = 2",
                static reader => UserId.Parse(reader.String(0)),
                ("rooms", rooms.ToArray())).ConfigureAwait(false);

    /// <summary>Whose membership in any of the rooms changed after a position.</summary>
    public async Task<IReadOnlyList<UserId>> Moved(IReadOnlyCollection<long> rooms, long after) =>
        rooms.Count == 0
            ? []
            : await _source.Query(
                "select distinct user_id from memberships where room_nid {any rooms} and membership in (1, 2, 3, 4, 5) and pos > @after",
                static reader => UserId.Parse(reader.String(0)),
                ("rooms", rooms.ToArray()),
                ("after", after)).ConfigureAwait(false);

    /// <summary>Which of the users are joined to which of the rooms now.</summary>
    public async Task<IReadOnlyList<(UserId User, long RoomNid)>> Joined(IReadOnlyCollection<UserId> users, IReadOnlyCollection<long> rooms)
    {
        if (users.Count == 0 || rooms.Count == 0)
        {
            return [];
        }

        // Few users of many rooms are in few of them: their own rows are read, instead of looking for every pair.
        var isByUser = (long)users.Count * rooms.Count > PairsMax;
        var rows = await _source.Query(
            isByUser
                ? "select user_id, room_nid from memberships where user_id {any users} and membership = 2"
                : "select user_id, room_nid from memberships where user_id {any users} and room_nid {any rooms} and membership = 2",
            static reader => (User: reader.String(0), RoomNid: reader.Number(1)),
            isByUser ? [("users", Texts(users))] : [("users", Texts(users)), ("rooms", rooms.ToArray())]).ConfigureAwait(false);
        var wanted = isByUser ? rooms as IReadOnlySet<long> ?? rooms.ToHashSet() : null;
        return [.. rows.Where(row => wanted?.Contains(row.RoomNid) ?? true).Select(row => (UserId.Parse(row.User), row.RoomNid))];
    }

    private static string[] Texts(IReadOnlyCollection<UserId> users) => [.. users.Select(user => user.Value)];

    /// <summary>The changes of the users' memberships after a position, in order: what each was before.</summary>
    public async Task<IReadOnlyList<(UserId User, long RoomNid, Membership Before)>> MovesAfter(IReadOnlyCollection<UserId> users, long after) =>
        users.Count == 0
            ? []
            : await _source.Query(
                "select user_id, room_nid, old_membership from member_changes where user_id {any users} and pos > @after order by pos",
                static reader => (UserId.Parse(reader.String(0)), reader.Number(1), (Membership)reader.Number(2)),
                ("users", users.Select(user => user.Value).ToArray()),
                ("after", after)).ConfigureAwait(false);
}
