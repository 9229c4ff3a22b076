using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using Microsoft.Extensions.Logging;
using EventId = MatrixOrleans.Protocol.Identifiers.EventId;

namespace MatrixOrleans.Grains.Federation;

/// <summary>A PDU after the checks that need no room: the event, or why it is dropped.</summary>
/// <param name="Id">The event's id, as far as it can be told.</param>
internal sealed record CheckedPdu(Pdu? Pdu, EventId? Id, string Fault);

/// <summary>
/// Steps 1 to 3 of the checks on receipt of a PDU (Server-Server API): format and size, signatures, and the content hash, by whose mismatch the event is
/// redacted. Every event that another server hands out goes through here, however it came.
/// </summary>
public sealed partial class PduChecks(IKeyRing keys, ILogger<PduChecks> log)
{
    /// <summary>Events whose signatures are checked at once.</summary>
    private const int ParallelMax = 16;

    /// <param name="asker">The tenant in whose name keys are fetched.</param>
    internal async Task<CheckedPdu> Check(ServerName asker, ServerName from, RoomVersion version, RoomId room, ReadOnlyMemory<byte> json, CancellationToken cancel = default)
    {
        var result = await Judge(asker, version, room, json, cancel);
        if (result.Pdu is null)
        {
            LogDropped(log, from.Value, room.Value, result.Id?.Value, result.Fault);
        }

        return result;
    }

    /// <summary>Checks many; what is no good is left out and logged.</summary>
    internal async Task<List<Pdu>> CheckAll(ServerName asker, ServerName from, RoomVersion version, RoomId room, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancel = default)
    {
        var good = new Pdu?[events.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, events.Count),
            new ParallelOptions { MaxDegreeOfParallelism = ParallelMax, CancellationToken = cancel },
            async (i, stop) => good[i] = (await Check(asker, from, version, room, events[i], stop)).Pdu);
        return [.. good.OfType<Pdu>().DistinctBy(pdu => pdu.EventId)];
    }

    private async Task<CheckedPdu> Judge(ServerName asker, RoomVersion version, RoomId room, ReadOnlyMemory<byte> json, CancellationToken cancel)
    {
        // 1. Is a valid event, otherwise it is dropped.
        if (!PduReader.TryRead(json, version, out var pdu, out var fault))
        {
            return new CheckedPdu(null, null, fault);
        }

        if (pdu.RoomId != room)
        {
            return new CheckedPdu(null, pdu.EventId, $"it is of the room {pdu.RoomId}");
        }

        // 2. Passes signature checks, otherwise it is dropped.
        if (await keys.Verify(asker, pdu, cancel) is { } unsigned)
        {
            return new CheckedPdu(null, pdu.EventId, unsigned);
        }

        // 3. Passes hash checks, otherwise it is redacted before being processed further.
        return new CheckedPdu(EventHash.ContentHashMatches(pdu) ? pdu : Redacted(pdu), pdu.EventId, "");
    }

    private static Pdu Redacted(Pdu pdu) => PduReader.ReadStored(Redaction.Redact(pdu.Root, pdu.Version), pdu.Version, pdu.EventId);

    /// <summary>The objects of a list, each as bytes of its own.</summary>
    /// <param name="countMax">What comes behind is not looked at.</param>
    internal static List<ReadOnlyMemory<byte>> Objects(JsonElement answer, string name, int countMax)
    {
        var events = new List<ReadOnlyMemory<byte>>();
        if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in list.EnumerateArray().Take(countMax))
            {
                if (item.ValueKind == JsonValueKind.Object)
                {
                    events.Add(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(item).ToArray());
                }
            }
        }

        return events;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An event that {Server} sent for {RoomId} is dropped ({EventId}): {Fault}")]
    private static partial void LogDropped(ILogger log, string server, string roomId, string? eventId, string fault);
}
