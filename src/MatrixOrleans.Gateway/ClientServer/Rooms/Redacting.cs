using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>What both ways to redact share. The room puts <c>redacts</c> where its version wants it.</summary>
internal static class Redacting
{
    /// <summary>The kinds of relations whose events are to be redacted too (MSC3912).</summary>
    private const string WithRelations = "org.matrix.msc3912.with_relations";

    private const string AllRelations = "*";

    /// <summary>Most kinds that a request names.</summary>
    private const int RelationsMax = 50;

    /// <param name="content">The content of the redaction; a <c>redacts</c> in it is left out.</param>
    public static async ValueTask<Answer> Send(ClientRequest request, EventId target, JsonElement content)
    {
        if (request.Session.IsSuspended && !await IsOwn(request, target))
        {
            throw new MatrixException(MatrixError.UserSuspended, "This account has been suspended");
        }

        var reason = JsonMembers.Text(content, "reason");
        var related = Related(content);
        var answer = await request.Grains.GetGrain<IRoomGrain>(request.RoomId.Value).Send(new SendRequest
        {
            Sender = request.User,
            Type = EventTypes.Redaction,
            Content = WithoutTarget(content),
            DeviceId = request.Session.DeviceId,
            TxnId = request.Path("txnId"),
            Redacts = target,
        });
        if (related is { } types)
        {
            await request.Grains.GetGrain<IRedactionGrain>(0).RedactRelated(request.User, request.RoomId, target, types.Contains(AllRelations) ? null : types, reason);
        }

        return Answer.Of(new { EventId = answer.EventId.Value });
    }

    /// <summary>A suspended account may redact what it sent itself.</summary>
    private static async ValueTask<bool> IsOwn(ClientRequest request, EventId target)
    {
        var viewer = new Viewer(request.User, request.Session.DeviceId, request.Session.IsGuest);
        var redacted = JsonElement.Parse((await request.Grains.GetGrain<IRoomReaderGrain>(request.RoomId.Value).Event(viewer, target)).Span);
        return redacted.GetProperty("sender").GetString() == request.User.Value;
    }

    private static IReadOnlyList<string>? Related(JsonElement content)
    {
        if (JsonMembers.Array(content, WithRelations, RelationsMax) is not { } list)
        {
            return null;
        }

        return [.. list.EnumerateArray().Select(type => type.ValueKind == JsonValueKind.String
            ? type.GetString()!
            : throw new MatrixException(MatrixError.BadJson, $"{WithRelations} must be a list of relation types")).Distinct()];
    }

    private static ReadOnlyMemory<byte> WithoutTarget(JsonElement content)
    {
        if (!content.TryGetProperty("redacts", out _) && !content.TryGetProperty(WithRelations, out _))
        {
            return JsonMarshal.GetRawUtf8Value(content).ToArray();
        }

        var buffer = new ByteBuffer(128);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var member in content.EnumerateObject().Where(member => member.Name is not ("redacts" or WithRelations)))
        {
            member.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
