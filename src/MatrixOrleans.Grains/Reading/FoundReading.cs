using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Search;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Reading;

/// <summary>Reads events that an index found in one room, each as the reader may see it, with what stands around it.</summary>
internal sealed class FoundReading(Database database, RoomRead read, FoundEvents found, RoomEventFilter filter)
{
    public async ValueTask<IReadOnlyList<SearchHit>> Hits()
    {
        var ignored = await read.Ignored();
        var visible = new List<VisibleEvent>();
        foreach (var stored in (await read.States.ByNids(found.Nids)).Values)
        {
            if (stored.RedactedByNid is null && await read.Gate.Pass(stored) is { } seen && filter.Passes(seen.Pdu) && !ignored.Contains(seen.Pdu.Sender))
            {
                visible.Add(seen);
            }
        }

        var events = await read.Writer.Timeline(visible);
        var hits = new List<SearchHit>();
        for (var i = 0; i < visible.Count; i++)
        {
            var (context, around) = found.Before < 0 ? (null, []) : await Context(visible[i], ignored);
            var profiles = found.Profiles ? await Profiles([.. around, visible[i]], visible[i].Stored.StateAfter) : [];
            hits.Add(new SearchHit(visible[i].Stored.Nid, visible[i].Pdu.EventId, visible[i].Pdu.Sender, events[i], context, profiles));
        }

        return hits;
    }

    private async ValueTask<(ContextPage Page, IReadOnlyList<VisibleEvent> Around)> Context(VisibleEvent hit, IReadOnlySet<UserId> ignored)
    {
        var walk = new TimelineWalk(database, read.View, read.Gate, RoomEventFilter.All, ignored);
        var before = await walk.Page(hit.RoomSeq - 1, null, backwards: true, found.Before);
        var after = await walk.Page(hit.RoomSeq, null, backwards: false, found.After);
        var first = before.Events.Count > 0 ? before.Events[^1] : hit;
        var last = after.Events.Count > 0 ? after.Events[^1] : hit;
        var page = new ContextPage
        {
            Start = new RoomToken(before.Boundary ?? RoomToken.Before(first.RoomSeq).Boundary).ToString(),
            End = new RoomToken(after.Boundary ?? RoomToken.After(last.RoomSeq).Boundary).ToString(),
            Event = default,
            Before = await read.Writer.Timeline(before.Events),
            After = await read.Writer.Timeline(after.Events),
            State = [],
        };
        return (page, [.. before.Events, .. after.Events]);
    }

    private async ValueTask<IReadOnlyList<JoinedMember>> Profiles(IReadOnlyList<VisibleEvent> events, long root)
    {
        var profiles = new List<JoinedMember>();
        foreach (var sender in events.Select(e => e.Pdu.Sender).Distinct())
        {
            var member = await read.States.Event(root, StateKey.Member(sender));
            profiles.Add(new JoinedMember(sender.Value, member?.ContentString("displayname"), member?.ContentString("avatar_url")));
        }

        return profiles;
    }
}
