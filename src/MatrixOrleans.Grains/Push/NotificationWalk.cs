using System.Globalization;
using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Reading;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Push;

/// <summary>
/// What a user was notified of, the newest first: all rooms of the user are walked backwards together, in the order of the log, and the rules are asked anew.
/// Nothing is stored for it, so rules that were changed since count for older events too.
/// </summary>
internal sealed class NotificationWalk(UserId user, NotificationsQuery query, Database database, EventCache cache, IGrainFactory grains, long nowMs)
{
    /// <summary>Most notifications of one page.</summary>
    private const int LimitMax = 100;

    /// <summary>Events that are looked at for one page.</summary>
    private const int ScanMax = 2_000;

    private const int EventsAtOnce = 20;

    private readonly PriorityQueue<Room, long> _rooms = new();
    private PushRuleSet _rules = PushRuleSet.Default;
    private IReadOnlySet<UserId> _ignored = new HashSet<UserId>();

    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public async ValueTask<NotificationsPage> Page()
    {
        var from = From();
        await Begin(from);
        var limit = Math.Clamp(query.Limit, 1, LimitMax);
        var notifications = new List<NotifiedEvent>();
        var last = from;
        for (var scanned = 0; notifications.Count < limit && scanned < ScanMax && _rooms.TryDequeue(out var room, out _);)
        {
            if (room.Events.TryDequeue(out var stored))
            {
                last = stored.Position;
                scanned++;
                if (await Judge(room, stored) is { } notification)
                {
                    notifications.Add(notification);
                }
            }
            else if (!await Fill(room))
            {
                continue;
            }

            _rooms.Enqueue(room, -(room.Events.TryPeek(out var next) ? next.Position : room.Before - 1));
        }

        return new NotificationsPage(notifications, _rooms.Count > 0 ? last.ToString(CultureInfo.InvariantCulture) : null);
    }

    private long From()
    {
        if (query.From is null)
        {
            return long.MaxValue;
        }

        return long.TryParse(query.From, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position > 0
            ? position
            : throw new MatrixException(MatrixError.InvalidParam, "from is no token of this server");
    }

    private async ValueTask Begin(long from)
    {
        foreach (var (_, row) in await database.AccountData.Global([user], AccountDataTypes.PushRules, IgnoredUsers.Type))
        {
            if (row.Type == IgnoredUsers.Type)
            {
                _ignored = IgnoredUsers.Parse(row.Json, user);
            }
            else
            {
                _rules = PushRuleReader.ReadStored(row.Json!.Value.Span);
            }
        }

        var joined = (await database.Memberships.OfUser(user)).Where(room => room.Membership == Membership.Join).ToDictionary(room => room.RoomNid);
        foreach (var touch in await database.Log.RoomsTouched(joined.Keys, 0, from - 1))
        {
            _rooms.Enqueue(new Room(joined[touch.RoomNid]) { Before = touch.Position + 1 }, -touch.Position);
        }
    }

    /// <summary>Reads older events of a room. False: there are none since the user joined.</summary>
    private async ValueTask<bool> Fill(Room room)
    {
        room.JoinedPosition ??= (await database.Memberships.History(user, room.Row.RoomNid))
            .LastOrDefault(change => change.Old != Membership.Join && change.New == Membership.Join)?.Position ?? room.Row.Position;
        var slice = await database.Rooms.TimelineSince(room.Row.RoomNid, room.JoinedPosition.Value, room.Before - 1, EventsAtOnce);
        foreach (var stored in slice.Events.Reverse())
        {
            room.Events.Enqueue(stored);
            room.Before = stored.Position;
        }

        return slice.Events.Count > 0;
    }

    private async ValueTask<NotifiedEvent?> Judge(Room room, StoredEvent stored)
    {
        if (stored.Sender == user.Value || !UserId.TryParse(stored.Sender, out var sender) || _ignored.Contains(sender))
        {
            return null;
        }

        room.Read ??= await Open(room.Row);
        if (room.Read is not { } read)
        {
            return null;
        }

        var result = _rules.Evaluate(RecentPushEvents.Make(read.States.Original(stored), stored.Facts), user, room.Row.DisplayName);
        if (!result.Notify || (query.HighlightsOnly && !result.Highlight) || await read.Gate.Pass(stored) is not { } visible)
        {
            return null;
        }

        room.Marks ??= new ReadMarks(await database.Receipts.OfUser(room.Row.RoomNid, user));
        return new NotifiedEvent(
            room.Row.RoomId.Value,
            (await read.Writer.Timeline([visible]))[0],
            result.Actions.Json,
            room.Marks.Covers(stored.RoomSeq!.Value, stored.ThreadRoot),
            stored.OriginServerTs);
    }

    private async ValueTask<RoomRead?> Open(MembershipRow row)
    {
        var states = new RoomStates(database, cache);
        var view = await RoomView.Open(database, states, grains.GetGrain<IRoomGrain>(row.RoomId.Value), row.RoomId, new Viewer(user, query.DeviceId));
        return view is null ? null : new RoomRead(database, view, states, nowMs, _ignored);
    }

    private sealed class Room(MembershipRow row)
    {
        public MembershipRow Row { get; } = row;

        /// <summary>Events before this position have not been read yet.</summary>
        public long Before { get; set; }

        /// <summary>The newest first.</summary>
        public Queue<StoredEvent> Events { get; } = [];

        public long? JoinedPosition { get; set; }

        public RoomRead? Read { get; set; }

        public ReadMarks? Marks { get; set; }
    }
}
