using System.Text.Json;
using BitFaster.Caching.Lru;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>The <c>type</c> that a room's create event says, the empty string for none. It never changes, so a silo remembers it for all users.</summary>
public sealed class RoomKinds(Database database)
{
    private const int RoomsMax = 100_000;

    private readonly ConcurrentLru<long, string> _kinds = new(RoomsMax);

    /// <summary>What kind the rooms are, those whose create event is known here.</summary>
    public async ValueTask<IReadOnlyDictionary<long, string>> Of(IReadOnlyCollection<long> roomNids)
    {
        var found = new Dictionary<long, string>(roomNids.Count);
        List<long>? missing = null;
        foreach (var nid in roomNids)
        {
            if (_kinds.TryGet(nid, out var kind))
            {
                found[nid] = kind;
            }
            else
            {
                (missing ??= []).Add(nid);
            }
        }

        if (missing is not null)
        {
            foreach (var (nid, json) in await database.Rooms.Lists.Creations(missing))
            {
                var kind = Kind(json);
                _kinds.AddOrUpdate(nid, kind);
                found[nid] = kind;
            }
        }

        return found;
    }

    private static string Kind(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth == 1 && !reader.ValueTextEquals("content"u8))
            {
                reader.Skip();
            }
            else if (reader.CurrentDepth == 2)
            {
                if (reader.ValueTextEquals("type"u8))
                {
                    reader.Read();
                    return reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                }

                reader.Skip();
            }
        }

        return "";
    }
}
