using System.Collections.Immutable;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>Makes the sections of rooms for one sliding-sync answer (MSC4186, "Room results"), each with what the connection knows afterwards.</summary>
/// <param name="connectionUpto">Up to where the connection was told before this answer; -1 for the first one.</param>
internal sealed class SlidingRooms(
    SyncContext context, long connectionUpto, RoomTraits traits, UnreadCounts unread, RoomWindows windows, Database database, RoomSections sections)
{
    private const int HeroesMax = 5;

    /// <summary>Events that are looked back at for the newest that counts as activity.</summary>
    private const int BumpScanMax = 100;

    /// <summary>Members of a room that a connection is known to have.</summary>
    private const int MembersMax = 2_000;

    /// <summary>What counts as activity in a room (MSC4186, <c>bump_stamp</c>).</summary>
    private static readonly ImmutableHashSet<string> BumpTypes =
    [
        EventTypes.Create, EventTypes.Message, EventTypes.Encrypted, "m.sticker", "m.call.invite", "m.poll.start", "org.matrix.msc3381.poll.start",
        "m.beacon_info", "org.matrix.msc3672.beacon_info",
    ];

    private readonly SyncAggregations _aggregations = new(context, windows, database);
    private readonly RequiredStates _states = new(windows, database);

    /// <param name="told">What the connection was told of the room; <c>null</c> for nothing.</param>
    /// <param name="isTouched">Something may have happened in the room since the connection's last answer.</param>
    /// <returns>No section when there is nothing to tell.</returns>
    public async Task<(SlidingSection? Section, RoomTold Told)> Section(MatchedRoom matched, RoomTold? told, bool isTouched)
    {
        var room = matched.Room;
        var isDm = await traits.IsDirect(room);
        if (room.Membership is Membership.Invite or Membership.Knock)
        {
            return await Invited(matched, told, isDm);
        }

        if (room.Membership != Membership.Join)
        {
            return await Left(matched, told, isDm);
        }

        if (told is not { Membership: Membership.Join } || told.MembershipPosition != room.Position)
        {
            return await Initial(matched, context.Upto, isDm);
        }

        if (!isTouched && told.RoomUpto == RoomTold.Live && matched.Config.TimelineLimit <= told.Config.TimelineLimit && told.Config.Covers(matched.Config) && told.IsDm == isDm)
        {
            return (null, told);
        }

        return await Changes(matched, told, context.Upto, isDm);
    }

    private async Task<(SlidingSection? Section, RoomTold Told)> Invited(MatchedRoom matched, RoomTold? told, bool isDm)
    {
        var room = matched.Room;
        if (told is not null && told.Membership == room.Membership && told.MembershipPosition == room.Position && told.IsDm == isDm)
        {
            return (null, told);
        }

        var section = new SlidingSection { Room = room, Initial = true, Stripped = await sections.Stripped(room), IsDm = isDm, BumpStamp = room.Position, Lists = matched.Lists };
        return (section, New(matched, isDm));
    }

    /// <summary>A room that the user left, or was made to leave: the way there, and nothing of what came after.</summary>
    private async Task<(SlidingSection? Section, RoomTold Told)> Left(MatchedRoom matched, RoomTold? told, bool isDm)
    {
        var room = matched.Room;
        if (told is not null && told.Membership == room.Membership && told.MembershipPosition == room.Position)
        {
            return (null, told);
        }

        if (told is { Membership: Membership.Join })
        {
            var (section, after) = await Changes(matched, told, Math.Min(room.Position, context.Upto), isDm);
            return (section ?? new SlidingSection { Room = room, BumpStamp = room.Position, Lists = matched.Lists }, after with { Membership = room.Membership, MembershipPosition = room.Position });
        }

        if (await traits.WasJoined(room))
        {
            return await Initial(matched, Math.Min(room.Position, context.Upto), isDm);
        }

        // An invite was rejected or taken back, or a knock refused: the own member event tells it.
        var own = room.EventNid is { } nid ? await windows.Events(room.RoomNid, room.RoomVersion, [nid]) : [];
        return (new SlidingSection { Room = room, Initial = true, State = own, Stripped = await sections.Stripped(room), BumpStamp = room.Position, Lists = matched.Lists }, New(matched, isDm));
    }

    private async Task<(SlidingSection? Section, RoomTold Told)> Initial(MatchedRoom matched, long upto, bool isDm)
    {
        var (room, config) = (matched.Room, matched.Config);
        var window = await windows.Read(room, -1, upto, config.TimelineLimit, RoomEventFilter.All, withState: true);
        var timeline = await sections.Visible(room, window, checkAll: true);
        if (window.Limited && timeline.Count < window.Timeline.Count)
        {
            // Part of the page is from a time that the user did not see: look further back, once, for what they did.
            window = await windows.Read(room, -1, upto, SlidingBody.TimelineMax, RoomEventFilter.All, withState: true);
            timeline = await sections.Visible(room, window, checkAll: true);
            timeline.RemoveRange(0, Math.Max(0, timeline.Count - config.TimelineLimit));
        }

        var members = Needed(config, timeline);
        var state = await _states.Of(room, window.CurrentState, config, members);
        var name = await Text(room, window.CurrentState, StateKey.Name, "name");
        var bump = await Bump(room, window, null);
        var section = new SlidingSection
        {
            Room = room,
            Initial = true,
            Timeline = timeline,
            Relations = await _aggregations.Of(room, window, timeline),
            Limited = window.Limited || timeline.Count < window.Timeline.Count,
            LiveCount = LiveCount(timeline),
            PrevBatch = RoomSections.PrevBatch(timeline, window),
            State = state,
            Name = (true, name),
            Avatar = (true, await Text(room, window.CurrentState, StateKey.Avatar, "url")),
            Heroes = name is null ? await database.Memberships.Heroes(room.RoomNid, context.User, HeroesMax) : null,
            IsDm = isDm,
            JoinedCount = window.JoinedCount,
            InvitedCount = window.InvitedCount,
            Unread = room.Membership == Membership.Join ? await unread.At(room, context.Upto) : null,
            BumpStamp = bump,
            Lists = matched.Lists,
        };
        return (section, New(matched, isDm) with
        {
            Members = [.. members],
            BumpStamp = bump,
            Notifications = section.Unread?.Notifications ?? 0,
            Highlights = section.Unread?.Highlights ?? 0,
        });
    }

    private async Task<(SlidingSection? Section, RoomTold Told)> Changes(MatchedRoom matched, RoomTold told, long upto, bool isDm)
    {
        var (room, config) = (matched.Room, matched.Config);
        var after = RoomTold.From(told.RoomUpto, connectionUpto);
        var isExpanded = config.TimelineLimit > told.Config.TimelineLimit;
        var newState = !told.Config.Covers(config);
        var window = await windows.Read(room, after, upto, config.TimelineLimit, RoomEventFilter.All, withState: isExpanded || newState);
        var news = window;
        if (isExpanded)
        {
            window = await windows.Read(room, -1, upto, config.TimelineLimit, RoomEventFilter.All, withState: true);
        }

        var timeline = await sections.Visible(room, window, checkAll: isExpanded);
        var (state, deleted, members) = await ChangedState(matched, told, news, timeline, newState, window.Limited);
        var moved = news.Deltas.Any(delta => delta.Key.Type == EventTypes.Member && delta.OldMembership != delta.NewMembership);
        var named = news.Deltas.LastOrDefault(delta => delta.Key == StateKey.Name);
        var pictured = news.Deltas.LastOrDefault(delta => delta.Key == StateKey.Avatar);
        var counts = room.Membership == Membership.Join ? await unread.At(room, context.Upto) : null;
        var bump = news.Timeline.Count > 0 || news.Limited ? await Bump(room, news, told.BumpStamp) : told.BumpStamp;
        var section = new SlidingSection
        {
            Room = room,
            Timeline = timeline,
            Relations = await _aggregations.Of(room, window, timeline),
            Limited = window.Limited,
            Expanded = isExpanded,
            LiveCount = LiveCount(timeline),
            PrevBatch = timeline.Count > 0 || window.Limited ? RoomSections.PrevBatch(timeline, window) : null,
            State = state,
            Deleted = deleted,
            Name = (named is not null, named?.New?.ContentString("name") is { Length: > 0 } name ? name : null),
            Avatar = (pictured is not null, pictured?.New?.ContentString("url")),
            Heroes = (moved || named is not null) && await Text(room, news.CurrentState, StateKey.Name, "name") is null
                ? await database.Memberships.Heroes(room.RoomNid, context.User, HeroesMax)
                : null,
            IsDm = isDm == told.IsDm ? null : isDm,
            JoinedCount = moved ? news.JoinedCount : null,
            InvitedCount = moved ? news.InvitedCount : null,
            Unread = counts is not null && (counts.Notifications != told.Notifications || counts.Highlights != told.Highlights) ? counts : null,
            BumpStamp = bump,
            Lists = matched.Lists,
        };
        var after2 = told with
        {
            RoomUpto = RoomTold.Live,
            Config = Known(matched, told, news, window.Limited),
            IsDm = isDm,
            Notifications = counts?.Notifications ?? 0,
            Highlights = counts?.Highlights ?? 0,
            BumpStamp = bump,
            Members = members,
        };
        return (section.IsEmpty ? null : section, after2);
    }

    private static RoomTold New(MatchedRoom matched, bool isDm) => new()
    {
        Membership = matched.Room.Membership,
        MembershipPosition = matched.Room.Position,
        Config = matched.Config,
        IsDm = isDm,
        BumpStamp = matched.Room.Position,
    };

    /// <summary>State of former rules stays known as long as none of it changes; a longer timeline, as long as there is no gap in it.</summary>
    private static RoomConfig Known(MatchedRoom matched, RoomTold told, RoomWindow news, bool isLimited)
    {
        var config = matched.Config;
        var limit = isLimited ? config.TimelineLimit : Math.Max(config.TimelineLimit, told.Config.TimelineLimit);
        var isStale = news.Deltas.Any(delta => told.Config.Matches(delta.Key) && !config.Matches(delta.Key));
        return (isStale ? config : config.Remembering(told.Config)) with { TimelineLimit = limit };
    }

    private async Task<(List<Pdu> State, List<StateKey> Deleted, ImmutableHashSet<string> Members)> ChangedState(
        MatchedRoom matched, RoomTold told, RoomWindow news, List<TailEvent> timeline, bool newState, bool isLimited)
    {
        var (room, config) = (matched.Room, matched.Config);
        var newest = new Dictionary<StateKey, Pdu?>();
        var isLazy = config.LazyMembers;
        foreach (var delta in news.Deltas)
        {
            // Without a gap, a client that loads members lazily hears of all their changes; else of those that it has.
            if (config.Matches(delta.Key) || (isLazy && delta.Key.Type == EventTypes.Member && (!isLimited || told.Members.Contains(delta.Key.Key))))
            {
                newest[delta.Key] = delta.New;
            }
        }

        var needed = Needed(config, timeline);
        needed.ExceptWith(told.Members);
        needed.ExceptWith(newest.Keys.Where(key => key.Type == EventTypes.Member).Select(key => key.Key));
        var state = newest.Values.OfType<Pdu>().ToList();
        if (newState || needed.Count > 0)
        {
            var root = news.CurrentState != 0 ? news.CurrentState : (await database.Rooms.At(room.RoomNid, context.Upto))?.CurrentState ?? 0;
            var wanted = newState ? config : config with { States = [] };
            var had = state.Select(pdu => pdu.Key!.Value).ToHashSet();
            foreach (var pdu in await _states.Of(room, root, wanted, needed))
            {
                var key = pdu.Key!.Value;
                if (!had.Contains(key) && (needed.Contains(key.Key) || !told.Config.Matches(key)))
                {
                    state.Add(pdu);
                }
            }
        }

        var members = told.Members.Union(needed).Union(newest.Keys.Where(key => key.Type == EventTypes.Member).Select(key => key.Key));
        return (state, [.. newest.Where(entry => entry.Value is null).Select(entry => entry.Key)], isLazy && members.Count <= MembersMax ? members : []);
    }

    /// <summary>Whose member events the timeline is not understood without, when members are loaded lazily: senders, and whom member events are about.</summary>
    private static HashSet<string> Needed(RoomConfig config, List<TailEvent> timeline)
    {
        var users = new HashSet<string>();
        if (config.LazyMembers)
        {
            foreach (var shown in timeline)
            {
                users.Add(shown.Pdu.Sender.Value);
                if (shown.Pdu.Type == EventTypes.Member && shown.Pdu.StateKey is { } target)
                {
                    users.Add(target);
                }
            }
        }

        return users;
    }

    /// <summary>How many events happened since the connection's last answer: they are the last ones.</summary>
    private int LiveCount(List<TailEvent> timeline) => connectionUpto < 0 ? 0 : timeline.Count(shown => shown.Position > connectionUpto);

    private async ValueTask<string?> Text(UserRoom room, long root, StateKey key, string member) =>
        (root == 0 ? null : await windows.StateEvent(room.RoomNid, room.RoomVersion, root, key))?.ContentString(member) is { Length: > 0 } text ? text : null;

    private async ValueTask<long> Bump(UserRoom room, RoomWindow window, long? known)
    {
        if (room.Membership != Membership.Join)
        {
            return room.Position;
        }

        if (window.Timeline.FindLast(shown => BumpTypes.Contains(shown.Pdu.Type)) is { } newest)
        {
            return newest.Position;
        }

        if (known is { } before && !window.Limited)
        {
            return before;
        }

        var last = window.LastSeq ?? await database.Rooms.SeqAt(room.RoomNid, context.Upto);
        return await database.Rooms.Lists.NewestOfTypes(room.RoomNid, last, BumpTypes, BumpScanMax) ?? known ?? room.Position;
    }
}
