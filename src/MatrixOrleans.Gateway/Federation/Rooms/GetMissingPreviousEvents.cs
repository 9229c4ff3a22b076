using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class GetMissingPreviousEvents
{
    public static readonly ServerEndpoint Endpoint = new("getMissingPreviousEvents", "POST", "/_matrix/federation/v1/get_missing_events/{roomId}", ServerAccess.Server, Handle);

    private const int LimitDefault = 10;
    private const int LimitMax = 100;

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var body = request.JsonObject;
        return new Answer(await request.Resident().MissingEvents(
            request.Asker(),
            new MissingEventsQuery(Ids(body, "earliest_events"), Ids(body, "latest_events"), (int)Math.Min(Integer(body, "limit") ?? LimitDefault, LimitMax), Integer(body, "min_depth") ?? 0)));
    }

    private static List<EventId> Ids(JsonElement body, string name) =>
        JsonMembers.Array(body, name, Asked.IdsMax) is { } list
            ? [.. list.EnumerateArray().Select(id => Asked.EventId(id.ValueKind == JsonValueKind.String ? id.GetString() : null))]
            : throw new MatrixException(MatrixError.MissingParam, $"{name} is missing");

    private static long? Integer(JsonElement body, string name) => !body.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number
        : throw new MatrixException(MatrixError.BadJson, $"{name} must be a non-negative integer");
}
