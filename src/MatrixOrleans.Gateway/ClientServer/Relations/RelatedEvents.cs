using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Relations;

/// <summary>What the three operations share that list the events which relate to another.</summary>
internal static class RelatedEvents
{
    /// <param name="relType"><c>null</c>: every kind of relation.</param>
    /// <param name="eventType"><c>null</c>: events of every type.</param>
    public static async ValueTask<Answer> Read(ClientRequest request, string? relType, string? eventType)
    {
        var recurse = request.Query("recurse") is null ? (bool?)null : request.QueryFlag("recurse");
        var page = await EventArrays.Reader(request).Relations(EventArrays.Viewer(request), new RelationsQuery
        {
            Event = EventArrays.EventId(request),
            RelType = relType,
            EventType = eventType,
            From = request.Query("from"),
            To = request.Query("to"),
            Backwards = EventArrays.Word(request, "dir", "b", "f") != "f",
            Limit = Math.Max(1, request.QueryInteger("limit", EventArrays.LimitDefault, EventArrays.LimitMax)),
            Recurse = recurse ?? false,
        });
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteEvents("chunk", page.Chunk);
            if (page.NextBatch is { } next)
            {
                writer.WriteString("next_batch", next);
            }

            if (page.PrevBatch is { } previous)
            {
                writer.WriteString("prev_batch", previous);
            }

            if (recurse is not null)
            {
                writer.WriteNumber("recursion_depth", page.RecursionDepth);
            }

            writer.WriteEndObject();
        });
    }
}
