using System.Text.Json;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Reading;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Protocol.Visibility;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync;

/// <summary>Makes the sections of rooms for one sync answer (Client-Server API, "Syncing").</summary>
internal sealed class RoomSections(SyncContext context, UnreadCounts unread, RoomWindows windows, Database database, Tail tail)
{
    private const int TimelineDefault = 10;
    private const int TimelineMax = 500;
    private const int HeroesMax = 5;

    /// <summary>What an invite or a knock shows of a room (Client-Server API, "Stripped state").</summary>
    private static readonly StateKey[] StrippedKeys =
    [
        StateKey.Create, StateKey.Name, StateKey.Avatar, StateKey.Topic, StateKey.JoinRules, StateKey.CanonicalAlias, StateKey.Encryption,
    ];

    private readonly ErasedUsers _erased = new(database);
    private readonly SyncAggregations _aggregations = new(context, windows, database);

    /// <summary>A room that the user is in.</summary>
    /// <param name="isNew">The client does not have the room yet, or lost it: everything is told.</param>
    public async Task<RoomSection> Joined(UserRoom room, bool isNew, UserRowsOfSync.RoomRows rows)
    {
        var filter = context.Filter.Room;
        var limit = filter.Timeline.LimitWithin(TimelineDefault, TimelineMax);
        var window = await windows.Read(room, isNew ? -1 : context.After, context.Upto, limit, filter.Timeline, isNew || context.Request.FullState);
        var timeline = await Visible(room, window, isNew);
        if (isNew && window.Limited && timeline.Count < window.Timeline.Count)
        {
            // Part of the page is from a time that the user did not see: look further back, once, for what they did.
            window = await windows.Read(room, -1, context.Upto, TimelineMax, filter.Timeline, withState: true);
            timeline = await Visible(room, window, isNew);
            timeline.RemoveRange(0, Math.Max(0, timeline.Count - limit));
        }

        var complete = isNew || context.Request.FullState;
        var (receipts, hasRead) = await Receipts(room, isNew);
        var typing = Typing(room, isNew);
        var hasNews = isNew || timeline.Count > 0 || rows.HasReceipt || hasRead;
        var section = new RoomSection
        {
            Room = room,
            Timeline = timeline,
            Relations = await _aggregations.Of(room, window, timeline),
            // Whoever (re)joined since the token may hold an older piece of the timeline: this one does not continue it.
            Limited = window.Limited || (isNew && (!context.IsInitial || timeline.Count < window.Timeline.Count)),
            PrevBatch = PrevBatch(timeline, window),
            State = complete ? await WholeState(room, window, timeline) : await ChangedState(room, window, timeline),
            Summary = await Summary(room, window, complete),
            AccountData = rows.AccountData,
            Unread = hasNews ? await unread.At(room, context.Upto) : null,
        };
        Add(section.Ephemeral, typing);
        Add(section.Ephemeral, receipts);
        return section;
    }

    /// <summary>A room of which nothing is told but who types now: nobody, perhaps.</summary>
    public RoomSection TypingOnly(UserRoom room)
    {
        var section = new RoomSection { Room = room };
        Add(section.Ephemeral, Typing(room, isNew: false));
        return section;
    }

    /// <summary>A room that the user left, or was made to leave, since the token.</summary>
    public async Task<RoomSection> Left(UserRoom room, MembershipMove? move)
    {
        if (room.EventNid is null)
        {
            // An invitation or a knock that another server told of, and that is over: nothing of the room is here.
            return new RoomSection { Room = room };
        }

        var filter = context.Filter.Room;
        var wasIn = context.IsInitial || move is { Before: Membership.Join } or { Joined: true };
        var limit = filter.Timeline.LimitWithin(TimelineDefault, TimelineMax);
        var upto = Math.Min(room.Position, context.Upto);
        var window = await windows.Read(room, wasIn && !context.IsInitial && move is not { Joined: true } ? context.After : wasIn ? -1 : room.Position - 1, upto, limit, filter.Timeline, withState: true);
        var timeline = wasIn ? await Visible(room, window, checkAll: true) : [.. window.Timeline.Where(e => e.Pdu.Is(EventTypes.Member, context.User.Value))];
        return new RoomSection
        {
            Room = room,
            Timeline = timeline,
            Relations = await _aggregations.Of(room, window, timeline),
            Limited = wasIn && window.Limited,
            PrevBatch = PrevBatch(timeline, window),
            State = !wasIn ? [] : context.IsInitial || move is { Joined: true } ? await WholeState(room, window, timeline) : await ChangedState(room, window, timeline),
        };
    }

    /// <summary>Stripped state of a room that the user was invited to or knocks at, the user's own member event last.</summary>
    public async Task<ReadOnlyMemory<byte>> Stripped(UserRoom room)
    {
        if ((await database.Memberships.Get(room.RoomNid, context.User))?.Stripped is { } given)
        {
            return given;
        }

        var output = new ByteBuffer(1024);
        output.Write("["u8);
        StateKey[] keys = room.Sender is { } sender && sender != context.User.Value
            ? [.. StrippedKeys, new StateKey(EventTypes.Member, sender), StateKey.Member(context.User)]
            : [.. StrippedKeys, StateKey.Member(context.User)];
        var first = true;
        foreach (var key in keys)
        {
            if (await windows.StateEvent(room.RoomNid, room.RoomVersion, room.StateRoot, key) is { } state)
            {
                if (!first)
                {
                    output.Write(","u8);
                }

                first = false;
                StrippedState.Write(state, output);
            }
        }

        output.Write("]"u8);
        return output.WrittenMemory;
    }

    /// <param name="checkAll">Some of the events may be from a time at which the user was not in.</param>
    public async ValueTask<List<TailEvent>> Visible(UserRoom room, RoomWindow window, bool checkAll)
    {
        var visible = new List<TailEvent>(window.Timeline.Count);
        foreach (var shown in window.Timeline)
        {
            if (shown.Pdu.StateKey is null && context.Ignored.Contains(shown.Pdu.Sender))
            {
                continue;
            }

            // Whoever has been in the room since the token sees what happened meanwhile.
            if (!checkAll || shown.RoomSeq >= room.RoomSeq)
            {
                visible.Add(shown);
                continue;
            }

            var (maySee, membership) = await MaySee(room, shown);
            if (maySee || await IsCurrentState(room, window, shown))
            {
                visible.Add(await _erased.Hides(shown.Pdu.Sender, membership) ? shown.Pruned() : shown);
            }
        }

        return visible;
    }

    private async ValueTask<(bool MaySee, Membership? Membership)> MaySee(UserRoom room, TailEvent shown)
    {
        var visibility = await windows.StateEvent(room.RoomNid, room.RoomVersion, shown.StateBefore, StateKey.HistoryVisibility);
        var member = await windows.StateEvent(room.RoomNid, room.RoomVersion, shown.StateBefore, StateKey.Member(context.User));
        var seen = EventVisibility.Of(shown.Pdu, context.User, visibility, member, joinedLater: room.RoomSeq > shown.RoomSeq);
        return (seen.Allows, seen.Membership);
    }

    /// <summary>
    /// An event of the state that the user has at the end of the window is shown even from a time that they did not see:
    /// the state before the timeline does not hold it, so without it the client would be left with another state than the room's.
    /// </summary>
    private async ValueTask<bool> IsCurrentState(UserRoom room, RoomWindow window, TailEvent shown) =>
        shown.Pdu.Key is { } key && (await windows.StateEvent(room.RoomNid, room.RoomVersion, window.CurrentState, key))?.EventId == shown.Pdu.EventId;

    public static string? PrevBatch(List<TailEvent> timeline, RoomWindow window) => timeline.Count > 0
        ? RoomToken.Before(timeline[0].RoomSeq!.Value).ToString()
        : window.LastSeq is { } last ? RoomToken.After(last).ToString() : null;

    /// <summary>The whole state where the timeline starts, or ends when the client wants it so.</summary>
    private async Task<List<Pdu>> WholeState(UserRoom room, RoomWindow window, List<TailEvent> timeline)
    {
        var root = context.Request.UseStateAfter || timeline.Count == 0 ? window.CurrentState : timeline[0].StateBefore;
        var state = await windows.WholeState(room.RoomNid, room.RoomVersion, root);
        if (root != window.CurrentState)
        {
            await AddWhatHasNoEvent(room, window, timeline, root, state);
        }

        var wanted = context.LazyLoads ? Needed(timeline) : null;
        var filter = context.Filter.Room.State;
        var result = new List<Pdu>(state.Count);
        foreach (var pdu in state)
        {
            var isMember = pdu.Type == EventTypes.Member;
            if ((isMember && wanted is not null && !wanted.Contains(pdu.StateKey!)) || !filter.Passes(pdu))
            {
                continue;
            }

            if (isMember && wanted is not null)
            {
                context.Lazy.Sent(room.RoomNid, pdu.StateKey!, pdu.EventId, context.Upto);
            }

            result.Add(pdu);
        }

        return result;
    }

    /// <summary>Where the graph forked, the state moved without events that the timeline shows: such keys are told as they are now.</summary>
    private async Task AddWhatHasNoEvent(UserRoom room, RoomWindow window, List<TailEvent> timeline, long root, List<Pdu> state)
    {
        var shown = timeline.Select(e => e.Pdu.Key).OfType<StateKey>().Select(key => database.States.Hash(room.RoomNid, key)).ToHashSet();
        var differences = await database.States.Diff(room.RoomNid, root, window.CurrentState);
        var nids = differences.Where(d => d.B is not null && !shown.Contains(d.Key)).Select(d => d.B!.Value).ToList();
        foreach (var pdu in nids.Count == 0 ? [] : await windows.Events(room.RoomNid, room.RoomVersion, nids))
        {
            state.RemoveAll(old => old.Key == pdu.Key);
            state.Add(pdu);
        }
    }

    /// <summary>State changes since the token that the timeline does not show, and member events that its senders need.</summary>
    private async Task<List<Pdu>> ChangedState(UserRoom room, RoomWindow window, List<TailEvent> timeline)
    {
        var filter = context.Filter.Room.State;
        var shown = timeline.Select(e => e.Nid).ToHashSet();
        var newest = new Dictionary<StateKey, Pdu>();
        foreach (var delta in window.Deltas)
        {
            if (delta.New is not null && (context.Request.UseStateAfter || !shown.Contains(delta.NewNid!.Value)))
            {
                newest[delta.Key] = delta.New;
            }
            else
            {
                newest.Remove(delta.Key);
            }
        }

        if (!context.LazyLoads)
        {
            return [.. newest.Values.Where(filter.Passes)];
        }

        var needed = Needed(timeline);

        // A membership that changed where the timeline does not show it is told in any case: the client may know the old one.
        var result = newest.Values.Where(filter.Passes).ToList();
        foreach (var pdu in result.Where(pdu => pdu.Type == EventTypes.Member))
        {
            needed.Remove(pdu.StateKey!);
            context.Lazy.Sent(room.RoomNid, pdu.StateKey!, pdu.EventId, context.Upto);
        }

        foreach (var (userId, member) in await SendersMembers(room, timeline, needed))
        {
            var known = context.Lazy.Knows(room.RoomNid, userId, member.EventId, context.After) && !context.Filter.Room.State.IncludeRedundantMembers;
            if (!known && filter.Passes(member))
            {
                result.Add(member);
            }

            context.Lazy.Sent(room.RoomNid, userId, member.EventId, context.Upto);
        }

        return result;
    }

    /// <summary>Users whose member events the timeline is not understood without.</summary>
    private HashSet<string> Needed(List<TailEvent> timeline)
    {
        var users = timeline.Select(e => e.Pdu.Sender.Value).ToHashSet();
        if (context.IsInitial)
        {
            users.Add(context.User.Value);
        }

        return users;
    }

    private async Task<List<(string UserId, Pdu Member)>> SendersMembers(UserRoom room, List<TailEvent> timeline, HashSet<string> users)
    {
        var found = new List<(string, Pdu)>();
        foreach (var shown in timeline)
        {
            var sender = shown.Pdu.Sender.Value;
            if (!users.Remove(sender))
            {
                continue;
            }

            var member = shown.SenderMember
                ?? await windows.StateEvent(room.RoomNid, room.RoomVersion, shown.StateBefore, StateKey.Member(shown.Pdu.Sender));
            if (member is not null)
            {
                found.Add((sender, member));
            }
        }

        return found;
    }

    /// <summary>Members counts and heroes, when they changed.</summary>
    private async Task<RoomSummary?> Summary(UserRoom room, RoomWindow window, bool complete)
    {
        if (!complete && !window.Deltas.Any(Matters))
        {
            return null;
        }

        var named = await HasText(room, window.CurrentState, StateKey.Name, "name") || await HasText(room, window.CurrentState, StateKey.CanonicalAlias, "alias");
        var heroes = named ? null : await database.Memberships.Heroes(room.RoomNid, context.User, HeroesMax);
        return new RoomSummary(heroes is null ? null : [.. heroes.Select(row => row.UserId.Value)], window.JoinedCount, window.InvitedCount);

        // A new name or picture of a member changes neither the counts nor who the heroes are.
        static bool Matters(TailDelta delta) =>
            delta.Key.Type is EventTypes.Name or EventTypes.CanonicalAlias || (delta.Key.Type == EventTypes.Member && delta.OldMembership != delta.NewMembership);
    }

    private async ValueTask<bool> HasText(UserRoom room, long root, StateKey key, string member) =>
        !string.IsNullOrEmpty((await windows.StateEvent(room.RoomNid, room.RoomVersion, root, key))?.ContentString(member));

    private ReadOnlyMemory<byte>? Typing(UserRoom room, bool isNew)
    {
        if (!context.Filter.Room.Ephemeral.PassesType("m.typing"))
        {
            return null;
        }

        var sameLife = context.Since is { } since && since.EphemeralEpoch == tail.Epoch && !isNew;
        var users = tail.TypingSince(room.RoomId, sameLife ? context.Since!.Value.EphemeralVersion : 0);
        if (users is null && !isNew && context.HasLostTyping(tail.Epoch))
        {
            users = [];
        }

        if (users is null)
        {
            return null;
        }

        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            type = "m.typing",
            content = new { user_ids = users.Where(user => !context.Ignored.Contains(user)).Select(user => user.Value) },
        });
    }

    /// <returns>The receipts that the reader may see, and whether the reader read on, here or on another device.</returns>
    private async Task<(ReadOnlyMemory<byte>? Event, bool HasRead)> Receipts(UserRoom room, bool isNew)
    {
        List<ReceiptSet> rows = !isNew && context.After >= tail.Start
            ? [.. tail.Receipts(room.RoomNid, context.After, context.Upto).Select(row => row.Item)]
            : [.. (await database.Receipts.Since(room.RoomNid, isNew ? -1 : context.After, context.Upto)).Select(row => new ReceiptSet(row.UserId, row.RoomNid, row.Type, row.Thread, row.EventId, row.RoomSeq, row.Ts))];
        var shown = context.Filter.Room.Ephemeral.PassesType("m.receipt") ? ReceiptContent.Write(rows.Where(IsShown)) : null;
        return (shown, rows.Exists(row => row.UserId == context.User.Value && row.Type is "m.read" or "m.read.private"));

        bool IsShown(ReceiptSet row) => row.Type == "m.read"
            ? !(UserId.TryParse(row.UserId, out var reader) && context.Ignored.Contains(reader))
            : row.Type == "m.read.private" && row.UserId == context.User.Value;
    }

    private static void Add(List<ReadOnlyMemory<byte>> list, ReadOnlyMemory<byte>? json)
    {
        if (json is { } value)
        {
            list.Add(value);
        }
    }
}
