using System.Text.Json;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Presence;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync;

/// <summary>What one sync is about: who asks, from where, up to where, and how they want it.</summary>
internal sealed record SyncContext
{
    public required UserId User { get; init; }

    public required SyncRequest Request { get; init; }

    public required SyncFilter Filter { get; init; }

    /// <summary><c>null</c> for an initial sync.</summary>
    public required SyncToken? Since { get; init; }

    /// <summary>Log position of the answer.</summary>
    public required long Upto { get; init; }

    public required LazyMembers Lazy { get; init; }

    public required IReadOnlySet<UserId> Ignored { get; init; }

    public required long NowMs { get; init; }

    /// <summary>The position that the answer starts behind; -1 for an initial sync.</summary>
    public long After => Since?.LogPosition ?? -1;

    public bool IsInitial => Since is null;

    /// <summary>The client was told of people typing by another life of this process, which alone knew where.</summary>
    public bool HasLostTyping(uint epoch) => Since is { EphemeralVersion: > 0 } since && since.EphemeralEpoch != epoch;

    public bool LazyLoads => Filter.Room.State.LazyLoadMembers || Filter.Room.Timeline.LazyLoadMembers;
}

/// <summary>Puts a <c>/sync</c> v3 answer together from memberships, windows of rooms and rows of the user.</summary>
internal sealed class SyncBuilder(
    SyncContext context, UserRooms rooms, RoomTouches touches, UnreadCounts unread, RoomWindows windows, ToDeviceInbox inbox, Database database, Tail tail, PresenceBoard board)
{
    /// <summary>Rooms with entries or receipts since the token, once <see cref="Candidates"/> has looked; <c>null</c> when everything is asked for.</summary>
    private IReadOnlyCollection<long>? _touched;

    private readonly RoomSections _sections = new(context, unread, windows, database, tail);

    /// <summary>The answer, and whether there is nothing in it that a client must hear.</summary>
    public async Task<(ReadOnlyMemory<byte> Body, bool IsEmpty)> Build(KeyCounts keys)
    {
        var entries = await UserRows();
        // Zero where nothing is shown that would have to be ended.
        var typingVersion = tail.TypingVersion;
        var presenceVersion = board.Version;
        typingVersion = tail.AnyoneTypes(rooms.All) ? typingVersion : 0;
        var joined = new List<RoomSection>();
        var invited = new List<(UserRoom Room, ReadOnlyMemory<byte> State)>();
        var knocked = new List<(UserRoom Room, ReadOnlyMemory<byte> State)>();
        var left = new List<RoomSection>();
        var invitations = new ShownInvitations(database, context);
        var moves = context.IsInitial ? [] : await rooms.Moves(context.After, context.Upto);
        foreach (var room in await Candidates(moves.Keys, entries))
        {
            if (!context.Filter.Room.PassesRoom(room.RoomId))
            {
                continue;
            }

            var move = moves.GetValueOrDefault(room.RoomNid);
            switch (room.Membership)
            {
                case Membership.Join:
                    var isNew = context.IsInitial || move is { Joined: true };
                    var section = await _sections.Joined(room, isNew, entries.Of(room.RoomNid));
                    if (isNew || !section.IsEmpty)
                    {
                        joined.Add(section);
                    }

                    break;
                case Membership.Invite when context.IsInitial || move is not null:
                    if (await invitations.Has(room.Sender))
                    {
                        invited.Add((room, await _sections.Stripped(room)));
                    }

                    break;
                case Membership.Knock when context.IsInitial || move is not null:
                    knocked.Add((room, await _sections.Stripped(room)));
                    break;
                case Membership.Leave or Membership.Ban when !room.Forgotten && (context.IsInitial ? context.Filter.Room.IncludeLeave : move is not null):
                    left.Add(await _sections.Left(room, move));
                    break;
                default:
                    break;
            }
        }

        if (context.HasLostTyping(tail.Epoch))
        {
            var told = joined.Select(section => section.Room.RoomNid).ToHashSet();
            joined.AddRange(Joined().Where(nid => !told.Contains(nid)).Select(nid => _sections.TypingOnly(rooms.All[nid])).Where(section => !section.IsEmpty));
        }

        var next = new SyncToken(context.Upto, context.Upto, tail.Epoch, typingVersion, presenceVersion);
        var toDevice = await inbox.Read(context.Request.DeviceId, context.Since?.ToDevicePosition ?? 0, context.Upto);
        var deviceLists = await DeviceLists(moves);
        var presence = Presence(moves);
        var isEmpty = joined.Count + invited.Count + knocked.Count + left.Count + entries.Global.Count + toDevice.Messages.Count + presence.Count == 0
            && deviceLists.IsEmpty && !KeySupplyChanged();
        var buffer = new ByteBuffer(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var output = new SyncWriter(writer, context);
            output.Write(next with { ToDevicePosition = toDevice.Position }, joined, invited, knocked, left, entries.Global, toDevice.Messages, presence, deviceLists, keys);
        }

        return (buffer.WrittenMemory, isEmpty);
    }

    /// <summary>Rooms that may have something to tell; for an incremental sync those in which something happened.</summary>
    private async Task<List<UserRoom>> Candidates(IReadOnlyCollection<long> moved, UserRowsOfSync entries)
    {
        if (context.IsInitial || context.Request.FullState)
        {
            return [.. rooms.All.Values];
        }

        IEnumerable<long> touched = context.After >= tail.Start
            ? tail.Touched(rooms.All, context.After, context.Upto)
            : await touches.Between(rooms.All, [.. Joined()], context.After, context.Upto);
        _touched = touched.ToList();
        touched = _touched.Where(nid => rooms.All[nid].Membership == Membership.Join);
        var typingSince = context.Since!.Value.EphemeralEpoch == tail.Epoch ? context.Since.Value.EphemeralVersion : 0;
        if (tail.TypingVersion > typingSince)
        {
            var typing = tail.RoomsWithTypingSince(typingSince).ToHashSet();
            touched = touched.Concat(Joined().Where(nid => typing.Contains(rooms.All[nid].RoomId)));
        }

        return [.. touched.Concat(moved).Concat(entries.Rooms).Distinct().Where(rooms.All.ContainsKey).Select(nid => rooms.All[nid])];
    }

    /// <summary>The user's own rows since the token: account data and own receipts.</summary>
    private async Task<UserRowsOfSync> UserRows()
    {
        var rows = new UserRowsOfSync(context.Filter);
        if (context.IsInitial || context.Request.FullState)
        {
            foreach (var data in await database.AccountData.All(context.User))
            {
                rows.Add(new AccountDataSet(context.User.Value, data.RoomNid, null, data.Type, data.Json), initial: true);
            }
        }
        else if (context.After >= tail.Start)
        {
            foreach (var (_, entry) in tail.UserEntries(context.User.Value, context.After, context.Upto))
            {
                rows.Add(entry, initial: false);
            }
        }
        else
        {
            foreach (var data in await database.AccountData.Since(context.User, context.After, context.Upto))
            {
                rows.Add(new AccountDataSet(context.User.Value, data.RoomNid, null, data.Type, data.Json), initial: false);
            }
        }

        if (context.IsInitial || context.Request.FullState)
        {
            // The default rules are nobody's row.
            rows.AddPushRules(unread.Rules, context.User);
        }

        return rows;
    }

    /// <summary>Who is there: for an initial sync and in rooms that are new all who are, else those whose presence changed.</summary>
    private List<PresenceView> Presence(Dictionary<long, MembershipMove> moves)
    {
        if (context.Request.SetPresence is null || context.Filter.Presence.PassesNothing)
        {
            return [];
        }

        var isKnownEpoch = context.Since is { } since && since.EphemeralEpoch == tail.Epoch;
        var views = isKnownEpoch && !context.Request.FullState
            ? board.Since(context.Since!.Value.PresenceVersion, context.User, IsJoined)
            : board.Present(context.User, IsJoined);
        if (isKnownEpoch && moves.Values.Any(move => move.Joined))
        {
            views = [.. views, .. board.Present(context.User, nid => moves.GetValueOrDefault(nid) is { Joined: true } && IsJoined(nid)).Except(views)];
        }

        return [.. views.Where(view => !context.Ignored.Contains(view.User) && context.Filter.Presence.Passes(PresenceEvent.Type, view.User))
            .Take(context.Filter.Presence.LimitWithin(int.MaxValue, int.MaxValue))];

        bool IsJoined(long nid) => rooms.All.TryGetValue(nid, out var room) && room.Membership == Membership.Join;
    }

    private IEnumerable<long> Joined() => rooms.All.Values.Where(room => room.Membership == Membership.Join).Select(room => room.RoomNid);

    private async ValueTask<DeviceListMoves> DeviceLists(Dictionary<long, MembershipMove> moves) => context.IsInitial
        ? DeviceListMoves.None
        : await new DeviceLists(context.User, database, tail).Since(rooms, moves, context.After, context.Upto, _touched);

    /// <summary>The counts of the device's keys are another than at the token, as far as memory goes.</summary>
    private bool KeySupplyChanged() =>
        context.After >= tail.Start
        && tail.UserEntries(context.User.Value, context.After, context.Upto).Exists(e => e.Item is KeySupplyChanged supply && supply.DeviceId == context.Request.DeviceId);
}
