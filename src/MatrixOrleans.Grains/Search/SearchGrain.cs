using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Search;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Search;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Search;

/// <summary>
/// Searches the rooms of a user: the index finds candidates in those that he is or was in, each room's reader lets through what he may see.
/// </summary>
[StatelessWorker]
public sealed class SearchGrain(Database database) : Grain, ISearchGrain
{
    /// <summary>Most candidates that one page looks at.</summary>
    private const int ScanMax = 2_000;

    /// <summary>Fewest candidates that are read together.</summary>
    private const int BatchMin = 10;

    public async ValueTask<ReadOnlyMemory<byte>> Search(Viewer viewer, ReadOnlyMemory<byte> body, string? nextBatch)
    {
        var root = JsonElement.Parse(body.Span);
        if (SearchCriteria.Parse(root) is not { } criteria)
        {
            return """{"search_categories":{}}"""u8.ToArray();
        }

        var token = SearchToken.Parse(nextBatch);
        var results = await Find(viewer, criteria, token, FilterText(root));
        var state = new Dictionary<RoomId, IReadOnlyList<ReadOnlyMemory<byte>>>();
        if (criteria.IncludeState)
        {
            foreach (var room in results.Hits.Select(hit => hit.Room).Distinct())
            {
                state[room] = await State(viewer, room);
            }
        }

        var output = new ByteBuffer(4096);
        SearchAnswer.Write(output, criteria, token, results, state);
        return output.WrittenMemory;
    }

    public async ValueTask<ReadOnlyMemory<byte>> Event(Viewer viewer, EventId id)
    {
        foreach (var room in await database.Rooms.Graph.RoomsOf(id))
        {
            try
            {
                return await GrainFactory.GetGrain<IRoomReaderGrain>(room.Value).Event(viewer, id);
            }
            catch (MatrixException refusal) when (refusal.Code == MatrixError.NotFound || refusal.Code == MatrixError.Forbidden)
            {
                // In rooms whose senders choose ids, another may have one of the same.
            }
        }

        throw new MatrixException(MatrixError.NotFound, "Event not found");
    }

    private async ValueTask<SearchResults> Find(Viewer viewer, SearchCriteria criteria, SearchToken token, string? filter)
    {
        var rooms = (await database.Memberships.OfUser(viewer.User, includeLeft: true))
            .Where(row => row.Membership is Membership.Join or Membership.Leave or Membership.Ban && criteria.Filter.PassesRoom(row.RoomId)
                && (token.Key != "room_id" || row.RoomId.Value == token.Value))
            .ToDictionary(row => row.RoomNid, row => row.RoomId);
        var hits = new List<RankedHit>();
        if (rooms.Count == 0 || criteria.Words.Count == 0 || criteria.Filter.PassesNothing)
        {
            return new SearchResults(hits, 0, null, new Dictionary<RoomId, int>());
        }

        List<SearchKey> keys = [.. criteria.Keys.Select(key => key switch { "content.name" => SearchKey.Name, "content.topic" => SearchKey.Topic, _ => SearchKey.Body })];
        var (at, count) = (token.Offset, 0);
        var passed = new Dictionary<RoomId, int>();
        for (var scanned = 0; scanned < ScanMax && hits.Count < criteria.Limit;)
        {
            var want = Math.Max(criteria.Limit - hits.Count, BatchMin);
            var (rows, total) = await database.Search.Find(criteria.Words, rooms.Keys, keys, criteria.Recent, at, want);
            count = Math.Max(count, total);
            var seen = await Read(viewer, criteria, filter, rows, rooms);
            foreach (var row in rows)
            {
                at++;
                passed[rooms[row.RoomNid]] = passed.GetValueOrDefault(rooms[row.RoomNid]) + 1;
                if (seen.TryGetValue(row.EventNid, out var hit) && (token.Key != "sender" || hit.Sender.Value == token.Value))
                {
                    hits.Add(new RankedHit(rooms[row.RoomNid], row.Rank, hit));
                    if (hits.Count == criteria.Limit)
                    {
                        break;
                    }
                }
            }

            if (rows.Count < want && hits.Count < criteria.Limit)
            {
                return new SearchResults(hits, count, null, passed);
            }

            scanned += rows.Count;
        }

        return new SearchResults(hits, count, at < count ? at : null, passed);
    }

    private async ValueTask<Dictionary<long, SearchHit>> Read(
        Viewer viewer, SearchCriteria criteria, string? filter, IReadOnlyList<SearchRow> rows, Dictionary<long, RoomId> rooms)
    {
        var reads = rows.GroupBy(row => row.RoomNid).Select(room => GrainFactory.GetGrain<IRoomReaderGrain>(rooms[room.Key].Value).Found(viewer, new FoundEvents
        {
            Nids = [.. room.Select(row => row.EventNid)],
            Filter = filter,
            Before = criteria.Context?.Before ?? -1,
            After = criteria.Context?.After ?? 0,
            Profiles = criteria.Context?.Profiles ?? false,
        }).AsTask());
        return (await Task.WhenAll(reads)).SelectMany(hits => hits).ToDictionary(hit => hit.Nid);
    }

    private async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> State(Viewer viewer, RoomId room)
    {
        var reader = GrainFactory.GetGrain<IRoomReaderGrain>(room.Value);
        var events = new List<ReadOnlyMemory<byte>>();
        StateCursor? cursor = null;
        do
        {
            var page = await reader.State(viewer, cursor);
            events.AddRange(page.Events);
            cursor = page.Next;
        }
        while (cursor is not null);
        return events;
    }

    private static string? FilterText(JsonElement root) =>
        root.GetProperty("search_categories").GetProperty("room_events").TryGetProperty("filter", out var filter) && filter.ValueKind == JsonValueKind.Object
            ? filter.GetRawText()
            : null;
}

/// <summary>A result in its place.</summary>
internal sealed record RankedHit(RoomId Room, double Rank, SearchHit Hit);

/// <param name="Count">How many the index knows, seen or not.</param>
/// <param name="NextOffset">Where the next page begins; <c>null</c> when there is none.</param>
/// <param name="Passed">How many candidates of each room were looked at.</param>
internal sealed record SearchResults(IReadOnlyList<RankedHit> Hits, int Count, int? NextOffset, IReadOnlyDictionary<RoomId, int> Passed);
