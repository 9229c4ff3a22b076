using System.Data.Common;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>Who is in which room. The rows follow the deltas of current state.</summary>
public sealed class MembershipStore
{
    private const string Row = """
        select m.room_nid, r.room_id, r.version, m.user_id, m.membership, m.event_nid, m.room_seq, m.pos, m.state_root, m.sender, m.forgotten,
            m.display_name, m.avatar_url, m.stripped
        from memberships m join rooms r on r.nid = m.room_nid
        """ + " ";

    private readonly SqlSource _source;

    internal MembershipStore(SqlSource source) => _source = source;

    /// <summary>The user's rooms: joined, invited, knocked, and where asked for also left and banned ones that are not forgotten.</summary>
    public async Task<IReadOnlyList<MembershipRow>> OfUser(UserId user, bool includeLeft = false) =>
        await _source.Query(
            Row + (includeLeft ? "where m.user_id = @user and m.forgotten = 0" : "where m.user_id = @user and m.forgotten = 0 and m.membership in (1, 2, 3)"),
            Map,
            ("user", user.Value)).ConfigureAwait(false);

    /// <summary>All rooms of the user that are not forgotten, left ones too, without names, pictures and stripped state: there may be thousands.</summary>
    public async Task<IReadOnlyList<MembershipRow>> AllOfUser(UserId user) =>
        await _source.Query(
            """
            select m.room_nid, r.room_id, r.version, m.membership, m.event_nid, m.room_seq, m.pos, m.state_root, case when m.membership in (1, 3) then m.sender end
            from memberships m join rooms r on r.nid = m.room_nid where m.user_id = @user and m.forgotten = 0
            """,
            reader => new MembershipRow(
                reader.Number(0),
                RoomId.Parse(reader.String(1)),
                reader.String(2),
                user,
                (Membership)reader.Number(3),
                reader.NumberOrNull(4),
                reader.NumberOrNull(5),
                reader.Number(6),
                reader.Number(7),
                reader.StringOrNull(8),
                Forgotten: false,
                null,
                null,
                null),
            ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Rooms that the user is joined to now.</summary>
    public async Task<IReadOnlyList<long>> JoinedRooms(UserId user) =>
        await _source.Query(
            "select room_nid from memberships where user_id = @user and membership = 2",
            static reader => reader.Number(0),
            ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Rows of the user that changed in (after, upto], forgotten ones too.</summary>
    public async Task<IReadOnlyList<MembershipChange>> ChangesOfUser(UserId user, long after, long upto) =>
        await _source.Query(
            "select user_id, room_nid, pos, event_nid, old_membership, new_membership from member_changes where user_id = @user and pos > @after and pos <= @upto order by pos",
            Change,
            ("user", user.Value),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);

    public async Task<MembershipRow?> Get(long roomNid, UserId user) =>
        await _source.First(Row + "where m.user_id = @user and m.room_nid = @room", Map, ("user", user.Value), ("room", roomNid)).ConfigureAwait(false);

    /// <summary>Rows of some users in a room.</summary>
    public async Task<IReadOnlyList<MembershipRow>> Get(long roomNid, IReadOnlyCollection<UserId> users) =>
        users.Count == 0
            ? []
            : await _source.Query(
                Row + "where m.user_id {any users} and m.room_nid = @room",
                Map,
                ("users", users.Select(user => user.Value).ToArray()),
                ("room", roomNid)).ConfigureAwait(false);

    /// <param name="membership">Null: everybody who ever had one.</param>
    public async Task<IReadOnlyList<MembershipRow>> OfRoom(long roomNid, Membership? membership = null) =>
        await _source.Query(
            Row + (membership is null ? "where m.room_nid = @room and m.membership >= @membership" : "where m.room_nid = @room and m.membership = @membership"),
            Map,
            ("room", roomNid),
            ("membership", (long)(membership ?? Membership.None))).ConfigureAwait(false);

    /// <summary>
    /// The members to name the room after: joined and invited ones, without those the rest, in the order of their coming
    /// (Client-Server API, "Calculating the display name for a room").
    /// </summary>
    public async Task<IReadOnlyList<MembershipRow>> Heroes(long roomNid, UserId exclude, int limit)
    {
        var present = await Some("m.membership in (1, 2)").ConfigureAwait(false);
        return present.Count > 0 ? present : await Some("m.membership in (4, 5)").ConfigureAwait(false);

        async ValueTask<List<MembershipRow>> Some(string condition) =>
            await _source.Query(
                Row + $"where m.room_nid = @room and {condition} and m.user_id <> @exclude order by m.pos, m.user_id limit @limit",
                Map,
                ("room", roomNid),
                ("exclude", exclude.Value),
                ("limit", (long)limit)).ConfigureAwait(false);
    }

    /// <summary>Guests of ours who have joined the room.</summary>
    public async Task<IReadOnlyList<UserId>> Guests(long roomNid) =>
        await _source.Query(
            "select m.user_id from memberships m join accounts a on a.user_id = m.user_id where m.room_nid = @room and m.membership = 2 and a.guest = 1 order by m.user_id",
            static reader => UserId.Parse(reader.String(0)),
            ("room", roomNid)).ConfigureAwait(false);

    /// <summary>How many members of the room have each membership.</summary>
    public async Task<IReadOnlyDictionary<Membership, int>> Counts(long roomNid) =>
        (await _source.Query(
            "select membership, count(*) from memberships where room_nid = @room group by membership",
            static reader => (Membership: (Membership)reader.Number(0), Count: (int)reader.Number(1)),
            ("room", roomNid)).ConfigureAwait(false)).ToDictionary(row => row.Membership, row => row.Count);

    /// <summary>All changes of a user's membership, in order; of one room or of all.</summary>
    public async Task<IReadOnlyList<MembershipChange>> History(UserId user, long? roomNid = null) =>
        await _source.Query(
            "select user_id, room_nid, pos, event_nid, old_membership, new_membership from member_changes where user_id = @user and (room_nid = @room or @room = 0) order by pos",
            Change,
            ("user", user.Value),
            ("room", roomNid ?? 0)).ConfigureAwait(false);

    /// <summary>Rooms that both users are joined to now.</summary>
    public async Task<IReadOnlyList<long>> Shared(UserId one, UserId other) =>
        await _source.Query(
            "select a.room_nid from memberships a join memberships b on b.room_nid = a.room_nid where a.user_id = @one and b.user_id = @other and a.membership = 2 and b.membership = 2",
            static reader => reader.Number(0),
            ("one", one.Value),
            ("other", other.Value)).ConfigureAwait(false);

    /// <summary>A page of the rooms that both users are joined to, by room id, those behind <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<RoomId>> SharedPage(UserId one, UserId other, string after, int limit) =>
        await _source.Query(
            """
            select r.room_id from memberships a join memberships b on b.room_nid = a.room_nid join rooms r on r.nid = a.room_nid
            where a.user_id = @one and b.user_id = @other and a.membership = 2 and b.membership = 2 and r.room_id > @after order by r.room_id limit @limit
            """,
            static reader => RoomId.Parse(reader.String(0)),
            ("one", one.Value),
            ("other", other.Value),
            ("after", after),
            ("limit", (long)limit)).ConfigureAwait(false);

    private static MembershipChange Change(DbDataReader reader) => new(
        reader.String(0),
        reader.Number(1),
        reader.Number(2),
        reader.NumberOrNull(3),
        (Membership)reader.Number(4),
        (Membership)reader.Number(5));

    private static MembershipRow Map(DbDataReader reader) => new(
        reader.Number(0),
        RoomId.Parse(reader.String(1)),
        reader.String(2),
        UserId.Parse(reader.String(3)),
        (Membership)reader.Number(4),
        reader.NumberOrNull(5),
        reader.NumberOrNull(6),
        reader.Number(7),
        reader.Number(8),
        reader.StringOrNull(9),
        reader.Flag(10),
        reader.StringOrNull(11),
        reader.StringOrNull(12),
        reader.BytesOrNull(13) is { } stripped ? (ReadOnlyMemory<byte>?)stripped : null);
}
