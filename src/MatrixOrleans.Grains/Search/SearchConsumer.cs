using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Search;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Search;

/// <summary>Keeps the full-text index: messages, names and topics go in, what is redacted goes out.</summary>
public sealed class SearchConsumer(Database database, Tail tail) : ILogConsumer
{
    /// <summary>Words of one event that are indexed.</summary>
    private const int WordsMax = 5_000;

    private static readonly HashSet<string> Types = [EventTypes.Message, EventTypes.Name, EventTypes.Topic, EventTypes.Redaction];

    public string Name => "search";

    public ConsumerStart Start => ConsumerStart.Beginning;

    /// <summary>Nobody searches for what was said a moment ago, and the index takes many words together for much less than one after the other.</summary>
    public TimeSpan? Pace { get; } = TimeSpan.FromMilliseconds(250);

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind> { LogKind.Event };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        var entries = new List<SearchEntry>();
        var redactions = new List<long>();
        foreach (var (row, pdu) in await LogEvents.Of(database, tail, batch.Rows, Types))
        {
            if (pdu.Type == EventTypes.Redaction)
            {
                redactions.Add(row.EventNid!.Value);
            }
            else if (Entry(row, pdu) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries.Count == 0 && redactions.Count == 0 ? ConsumerEffects.None : ConsumerEffects.Of(async (session, _) =>
        {
            await SearchStore.Add(session, entries);
            if (redactions.Count > 0)
            {
                await SearchStore.RemoveRedacted(session, redactions);
            }
        });
    }

    private static SearchEntry? Entry(LogRow row, Pdu pdu)
    {
        var (key, member) = pdu.Type switch
        {
            EventTypes.Name => (SearchKey.Name, "name"),
            EventTypes.Topic => (SearchKey.Topic, "topic"),
            _ => (SearchKey.Body, "body"),
        };
        var words = pdu.ContentString(member) is { } text ? SearchWords.Of(text, WordsMax) : [];
        return words.Count == 0 ? null : new SearchEntry(row.EventNid!.Value, row.RoomNid!.Value, pdu.OriginServerTs, key, words);
    }
}
