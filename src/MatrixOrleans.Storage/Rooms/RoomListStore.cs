using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>What lists of many rooms are made of: one statement for all of them.</summary>
public sealed class RoomListStore
{
    private const string NewestOf = "(select l.pos from log l where l.room_nid = {0} and l.pos <= @upto and l.kind < 10 order by l.pos desc limit 1)";
    private static readonly string NewestPostgres = $"select r.nid, {string.Format(null, NewestOf, "r.nid")} from unnest(@rooms) as r(nid)";
    private static readonly string NewestSqlite = $"select r.value, {string.Format(null, NewestOf, "r.value")} from json_each(@rooms) r";
    private readonly SqlSource _source;

    internal RoomListStore(SqlSource source) => _source = source;

    /// <summary>The newest position of each room, up to one; rooms without any are left out.</summary>
    public async Task<IReadOnlyList<RoomTouch>> Newest(IReadOnlyCollection<long> roomNids, long upto) =>
        roomNids.Count == 0
            ? []
            : (await _source.Query(
                _source.Dialect.IsPostgres ? NewestPostgres : NewestSqlite,
                static reader => new RoomTouch(reader.Number(0), reader.NumberOrNull(1) ?? 0),
                ("rooms", roomNids.ToArray()),
                ("upto", upto)).ConfigureAwait(false)).FindAll(touch => touch.Position > 0);

    /// <summary>The create events of rooms, as stored.</summary>
    public async Task<IReadOnlyList<(long RoomNid, byte[] Json)>> Creations(IReadOnlyCollection<long> roomNids) =>
        roomNids.Count == 0
            ? []
            : await _source.Query(
                "select r.nid, e.json from rooms r join events e on e.room_nid = r.nid and e.event_id = r.create_event_id where r.nid {any rooms}",
                static reader => (reader.Number(0), reader.Bytes(1)),
                ("rooms", roomNids.ToArray())).ConfigureAwait(false);

    /// <summary>Keys that state of the types ever had in the room; not of members.</summary>
    public async Task<IReadOnlyList<StateKey>> Keys(long roomNid, IReadOnlyCollection<string> types) =>
        types.Count == 0
            ? []
            : await _source.Query(
                "select distinct type, state_key from events where room_nid = @room and type {any types} and state_key is not null and type <> 'm.room.member'",
                static reader => new StateKey(reader.String(0), reader.String(1)),
                ("room", roomNid),
                ("types", types.ToArray())).ConfigureAwait(false);

    /// <summary>Position of the newest event of one of the types, among the newest events up to a place; <c>null</c> when none of these is.</summary>
    public async Task<long?> NewestOfTypes(long roomNid, long uptoSeq, IReadOnlyCollection<string> types, int scanMax) =>
        await _source.Number(
            """
            select max(x.pos) from (
                select t.pos, e.type from timeline t join events e on e.nid = t.event_nid
                where t.room_nid = @room and t.room_seq <= @seq and t.room_seq is not null order by t.room_seq desc limit @limit) x
            where x.type {any types}
            """,
            ("room", roomNid),
            ("seq", uptoSeq),
            ("limit", (long)scanMax),
            ("types", types.ToArray())).ConfigureAwait(false);

    /// <summary>Rooms that the user has been joined to and left since, or was made to leave.</summary>
    public async Task<IReadOnlyList<long>> OnceJoined(UserId user) =>
        await _source.Query(
            "select distinct room_nid from member_changes where user_id = @user and old_membership = @join and new_membership <> @join",
            static reader => reader.Number(0),
            ("user", user.Value),
            ("join", (long)Membership.Join)).ConfigureAwait(false);
}
