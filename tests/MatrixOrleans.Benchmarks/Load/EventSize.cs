using System.Text;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>Message contents that make events of a wanted size.</summary>
internal static class EventSize
{
    /// <summary>Bytes of a whole event in the federation format (three auth events, one predecessor, hashes and one signature).</summary>
    public const int EventBytes = 700;

    /// <summary>Digits of a message's number.</summary>
    public const int NumberLength = 12;

    /// <summary>Characters to fill the message with.</summary>
    public static string Padding { get; } = new('x', EventBytes - Build(Content(new string('0', NumberLength), "")).Json.Length);

    /// <summary>A text message that starts with its number between two signs, by which it is found again in an answer.</summary>
    public static string Content(string number, string padding) => $$"""{"msgtype":"m.text","body":"#{{number}}#{{padding}}"}""";

    private static Pdu Build(string content)
    {
        var hash = new string('a', 43);
        var id = new EventReference(EventId.Parse("$" + hash), null);
        using var key = SigningKey.FromSeed("ed25519:abcdef", new byte[32]);
        var template = new EventTemplate
        {
            RoomId = RoomId.Parse("!" + hash),
            Type = EventTypes.Message,
            StateKey = null,
            Sender = UserId.Parse("@member100:localhost"),
            Content = Encoding.UTF8.GetBytes(content),
            OriginServerTs = 1_700_000_000_000,
            Depth = 10_000,
            PrevEvents = [id],
            AuthEvents = [id, id, id],
        };
        return EventBuilder.Build(template, RoomVersions.Default, ServerName.Parse("localhost"), key);
    }
}
