using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>Changes of a user's thread subscriptions, the newest first (MSC4308).</summary>
/// <param name="More">Where to go on from to read the older ones that did not fit; <c>null</c> when there are none.</param>
internal sealed record ThreadChanges(IReadOnlyList<ThreadSubscriptionRow> Rows, long? More)
{
    public static readonly ThreadChanges None = new([], null);

    public bool IsEmpty => Rows.Count == 0;

    /// <param name="after">Exclusive; negative: from the start, and then what ended is of no interest.</param>
    public static async ValueTask<ThreadChanges> Read(Database database, UserId user, long after, long upto, int limit)
    {
        var rows = await database.ThreadSubscriptions.Between(user, after, upto, limit + 1, subscribedOnly: after < 0);
        return rows.Count <= limit ? new ThreadChanges(rows, null) : new ThreadChanges([.. rows.Take(limit)], rows[limit].Position);
    }

    /// <summary>Into an object that is open.</summary>
    /// <param name="more">Name of the member that tells where to go on.</param>
    public void Write(Utf8JsonWriter writer, string more)
    {
        Rooms("subscribed", isSubscribed: true);
        Rooms("unsubscribed", isSubscribed: false);
        if (More is { } position)
        {
            writer.WriteString(more, ExtensionToken.Text(position));
        }

        void Rooms(string name, bool isSubscribed)
        {
            var rows = Rows.Where(row => row.IsSubscribed == isSubscribed).GroupBy(row => row.RoomId).ToList();
            if (rows.Count == 0)
            {
                return;
            }

            writer.WriteStartObject(name);
            foreach (var room in rows)
            {
                writer.WriteStartObject(room.Key.Value);
                foreach (var row in room)
                {
                    writer.WriteStartObject(row.Root);
                    if (isSubscribed)
                    {
                        writer.WriteBoolean("automatic"u8, row.IsAutomatic);
                    }

                    writer.WriteNumber("bump_stamp"u8, row.Position);
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }
    }
}
