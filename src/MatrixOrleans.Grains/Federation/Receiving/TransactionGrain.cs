using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>
/// One server's transactions for one tenant, in turn: a slow or hostile server delays only itself. 1. Was it done before? 2. Messages, each by itself; 3. events, the rooms
/// side by side, within a room in their order; 4. the answer is kept.
/// </summary>
[CollectionAgeLimit(Minutes = 5)]
public sealed partial class TransactionGrain(Database database, EduReceiver edus, TimeProvider time, ILogger<TransactionGrain> log) : Grain, ITransactionGrain
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowDuplicateProperties = true, MaxDepth = 512 };

    private ServerName _tenant;
    private ServerName _origin;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString().Split('|', 2);
        (_tenant, _origin) = (ServerName.Parse(key[0]), ServerName.Parse(key[1]));
        return Task.CompletedTask;
    }

    public async Task<ReadOnlyMemory<byte>> Receive(ReceivedTransaction transaction)
    {
        // 1. "The sending server must wait and retry for a 200 OK response": it may be that only the answer was lost.
        if (await database.Received.Answer(_origin, _tenant, transaction.TxnId) is { } done)
        {
            return done;
        }

        // 2. Keys for what the events say may be among the messages.
        foreach (var edu in transaction.Edus)
        {
            await Receive(edu);
        }

        // 3.
        var rooms = transaction.Pdus.Select(pdu => (Room: RoomOf(pdu), Pdu: pdu)).Where(pdu => pdu.Room is not null).GroupBy(pdu => pdu.Room!.Value);
        var outcomes = await Task.WhenAll(rooms.Select(room => Receive(room.Key, [.. room.Select(pdu => pdu.Pdu)])));

        // 4.
        var answer = Answer(outcomes.SelectMany(room => room));
        await database.Received.Done(_origin, _tenant, transaction.TxnId, answer, time.GetUtcNow().ToUnixTimeMilliseconds());
        return answer;
    }

    private async Task Receive(ReadOnlyMemory<byte> edu)
    {
        try
        {
            await edus.Receive(_origin, _tenant, JsonElement.Parse(edu.Span, Lenient));
        }
        catch (MatrixException refusal) when (refusal.Code.Status < 500 && refusal.Code.Code != MatrixError.LimitExceeded.Code)
        {
            LogDropped(log, _origin, refusal.Message);
        }
        catch (Exception broken) when (broken is InvalidOperationException or JsonException or FormatException)
        {
            // A member of another type than it should have: one bad message spoils nothing else.
            LogDropped(log, _origin, broken.Message);
        }
    }

    private async Task<IReadOnlyList<PduOutcome>> Receive(RoomId room, IReadOnlyList<ReadOnlyMemory<byte>> pdus)
    {
        try
        {
            return await GrainFactory.GetGrain<IRoomIntakeGrain>(room.Value).Receive(new ReceivedPdus(_origin, _tenant, pdus));
        }
        catch (MatrixException refusal) when (refusal.Code.Status is < 500 and not 429)
        {
            LogRefused(log, _origin, room, pdus.Count, refusal.Message);
            return [];
        }
    }

    /// <summary>The room that an event says it is of. A create event of room version 12 says none; nobody sends that one this way.</summary>
    private RoomId? RoomOf(ReadOnlyMemory<byte> pdu)
    {
        try
        {
            var root = JsonElement.Parse(pdu.Span, Lenient);
            if (root.TryGetProperty("room_id"u8, out var id) && id.ValueKind == JsonValueKind.String && RoomId.TryParse(id.GetString(), out var room))
            {
                return room;
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Said below.
        }

        LogDropped(log, _origin, "an event without a room");
        return null;
    }

    private static byte[] Answer(IEnumerable<PduOutcome> outcomes)
    {
        var buffer = new ByteBuffer(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("pdus"u8);
            foreach (var outcome in outcomes.Where(outcome => outcome.EventId is not null).DistinctBy(outcome => outcome.EventId))
            {
                writer.WriteStartObject(outcome.EventId!.Value.Value);
                if (outcome.Error is not null)
                {
                    writer.WriteString("error"u8, outcome.Error);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Something of {Origin} is dropped: {Reason}")]
    private static partial void LogDropped(ILogger log, ServerName origin, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Origin} sent {Count} events of {Room}, which are refused: {Reason}")]
    private static partial void LogRefused(ILogger log, ServerName origin, RoomId room, int count, string reason);
}
