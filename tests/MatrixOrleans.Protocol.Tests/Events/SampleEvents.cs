using System.Text;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Events;

/// <summary>Real, signed events for tests, with a key that everybody may know.</summary>
internal static class SampleEvents
{
    public static readonly ServerName Server = ServerName.Parse("domain");

    public static readonly UserId Alice = UserId.Parse("@alice:domain");

    public static readonly UserId Bob = UserId.Parse("@bob:domain");

    public static readonly RoomId Room = RoomId.Parse("!room:domain");

    /// <summary>The key of the specification's test vectors.</summary>
    public static SigningKey Key()
    {
        UnpaddedBase64.TryDecode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1", out var seed);
        return SigningKey.FromSeed("ed25519:1", seed);
    }

    public static Pdu Make(
        string type, string content, string? stateKey = null, RoomVersion? version = null, UserId? sender = null, EventId? redacts = null, RoomId? room = null)
    {
        version ??= RoomVersions.V11;
        using var key = Key();
        var template = new EventTemplate
        {
            RoomId = version.RoomIdIsCreateHash && type == EventTypes.Create ? null : room ?? Room,
            Type = type,
            StateKey = stateKey,
            Sender = sender ?? Alice,
            Content = Encoding.UTF8.GetBytes(content),
            OriginServerTs = 1_700_000_000_000,
            Depth = 7,
            PrevEvents = [],
            AuthEvents = [],
            Redacts = redacts,
        };
        return EventBuilder.Build(template, version, Server, key, version.EventIds == EventIdFormat.Chosen ? EventId.Parse("$chosen:domain") : null);
    }

    public static Pdu Message(string body, UserId? sender = null) =>
        Make(EventTypes.Message, $$"""{"msgtype":"m.text","body":{{System.Text.Json.JsonSerializer.Serialize(body)}}}""", sender: sender);
}
