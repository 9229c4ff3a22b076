using System.Collections.Immutable;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>A room that at least one rule of a request matches.</summary>
internal sealed record MatchedRoom(UserRoom Room, RoomConfig Config, ImmutableList<string> Lists, bool IsSubscribed);

/// <summary>Works out which rooms the lists and subscriptions of a request match (MSC4186, "Lists and subscriptions").</summary>
internal sealed class SlidingLists(SlidingBody body, SlidingState told, RoomTraits traits, SyncContext sync, Database database)
{
    private readonly ShownInvitations _invitations = new(database, sync);

    public Dictionary<string, int> Counts { get; } = [];

    public Dictionary<long, MatchedRoom> Matched { get; } = [];

    /// <param name="ordered">The user's rooms, the most recently active first.</param>
    public async Task Match(List<UserRoom> ordered)
    {
        var seen = new List<UserRoom>(ordered.Count);
        foreach (var room in ordered)
        {
            if (await IsSeen(room))
            {
                seen.Add(room);
            }
        }

        foreach (var (name, list) in body.Lists)
        {
            var rooms = await Filtered(seen, list.Filters);
            Counts[name] = rooms.Count;
            foreach (var (from, to) in list.Ranges ?? [(0, int.MaxValue)])
            {
                for (var i = from; i <= to && i < rooms.Count; i++)
                {
                    Add(rooms[i], list.Config, name);
                }
            }
        }

        if (!body.Subscriptions.IsEmpty)
        {
            foreach (var room in seen)
            {
                if (body.Subscriptions.TryGetValue(room.RoomId, out var config))
                {
                    Add(room, config, null);
                }
            }
        }
    }

    private void Add(UserRoom room, RoomConfig config, string? list)
    {
        if (!Matched.TryGetValue(room.RoomNid, out var known))
        {
            Matched[room.RoomNid] = new MatchedRoom(room, config, list is null ? [] : [list], list is null);
        }
        else if (list is null)
        {
            Matched[room.RoomNid] = known with { Config = known.Config.With(config), IsSubscribed = true };
        }
        else if (!known.Lists.Contains(list))
        {
            Matched[room.RoomNid] = known with { Config = known.Config.With(config), Lists = known.Lists.Add(list) };
        }
    }

    /// <summary>
    /// Rooms that the user left by themselves are told of where they were told before; of kicks and bans every client hears, if the user was in.
    /// </summary>
    private async ValueTask<bool> IsSeen(UserRoom room)
    {
        switch (room.Membership)
        {
            case Membership.Join or Membership.Knock:
                return true;
            case Membership.Invite:
                return await _invitations.Has(room.Sender);
            case Membership.Leave or Membership.Ban:
                return told.Rooms.ContainsKey(room.RoomNid) || (room.Sender is not null && room.Sender != traits.User.Value && await traits.WasJoined(room));
            default:
                return false;
        }
    }

    private async ValueTask<List<UserRoom>> Filtered(List<UserRoom> rooms, SlidingFilters filters)
    {
        if (filters == SlidingFilters.None)
        {
            return rooms;
        }

        var kinds = filters.RoomTypes is null && filters.NotRoomTypes is null ? null : await traits.Kinds(rooms);
        var children = filters.Spaces is { } spaces ? await traits.Children(spaces, sync.Upto) : null;
        var passed = new List<UserRoom>(rooms.Count);
        foreach (var room in rooms)
        {
            if ((filters.IsInvite is { } invite && invite != (room.Membership == Membership.Invite))
                || (kinds is not null && (filters.RoomTypes?.Contains(kinds[room.RoomNid]) == false || filters.NotRoomTypes?.Contains(kinds[room.RoomNid]) == true))
                || (children is not null && !children.Contains(room.RoomId.Value))
                || (filters.IsDm is { } direct && direct != await traits.IsDirect(room))
                || (filters.IsEncrypted is { } encrypted && encrypted != await traits.IsEncrypted(room, sync.Upto)))
            {
                continue;
            }

            if (filters.Tags is not null || filters.NotTags is not null)
            {
                var tags = await traits.Tags(room);
                if (filters.Tags?.Overlaps(tags) == false || filters.NotTags?.Overlaps(tags) == true)
                {
                    continue;
                }
            }

            passed.Add(room);
        }

        return passed;
    }
}
