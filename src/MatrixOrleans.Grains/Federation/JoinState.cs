using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Which part of a room's state those are given who come in, or stand at the door.</summary>
internal static class JoinState
{
    /// <summary>Members by whom a room without a name is named (Client-Server API, <c>m.heroes</c>).</summary>
    private const int HeroesMax = 5;

    /// <summary>What an invite or a knock shows of a room (Client-Server API, "Stripped state").</summary>
    private static readonly StateKey[] PreviewKeys =
    [
        StateKey.Create, StateKey.JoinRules, StateKey.Name, StateKey.Avatar, StateKey.Topic, StateKey.CanonicalAlias, StateKey.Encryption,
    ];

    /// <summary>The state without members but those that the joining server needs: its own, who authorises the join, and the heroes of a room without a name.</summary>
    public static async ValueTask<List<StoredEvent>> Without(Database database, ServerView view, IReadOnlyList<StoredEvent> state, Pdu join)
    {
        var kept = new HashSet<string> { join.Sender.Value };
        if (join.ContentString("join_authorised_via_users_server") is { } authoriser)
        {
            kept.Add(authoriser);
        }

        if (!state.Any(e => e is { Type: EventTypes.Name or EventTypes.CanonicalAlias, StateKey: "" }))
        {
            kept.UnionWith((await database.Memberships.Heroes(view.Room.Nid, join.Sender, HeroesMax)).Select(row => row.UserId.Value));
        }

        return [.. state.Where(e => e.Type != EventTypes.Member || kept.Contains(e.StateKey!))];
    }

    /// <summary>The events that are shown to whoever is invited or knocks; the create event is always there.</summary>
    public static async ValueTask<List<Pdu>> Preview(ServerView view, long root, UserId? inviter = null)
    {
        var preview = new List<Pdu>();
        foreach (var key in inviter is { } user ? [.. PreviewKeys, StateKey.Member(user)] : PreviewKeys)
        {
            if (await view.State(root, key) is { } pdu)
            {
                preview.Add(pdu);
            }
        }

        return preview;
    }
}
