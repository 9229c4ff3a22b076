using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Fixtures;

/// <summary>Makes events with real hashes, signatures and ids.</summary>
internal static class TestEvents
{
    /// <summary>The room of all tests before room version 12.</summary>
    public static readonly RoomId Room = RoomId.Parse("!room:a.test");

    private static readonly SigningKey Key = SigningKey.FromSeed("ed25519:test", new byte[32]);

    /// <param name="number">Depth, and part of the id where senders choose it.</param>
    public static Pdu Build(
        RoomVersion version, RoomId? room, int number, UserId sender, string type, string? stateKey, string content,
        IEnumerable<Pdu> prev, IEnumerable<Pdu> auth, long originServerTs, EventId? redacts = null)
    {
        var template = new EventTemplate
        {
            RoomId = room,
            Type = type,
            StateKey = stateKey,
            Sender = sender,
            Content = Encoding.UTF8.GetBytes(content),
            OriginServerTs = originServerTs,
            Depth = number,
            PrevEvents = [.. prev.Select(Reference)],
            AuthEvents = [.. auth.Select(Reference)],
            Redacts = redacts,
        };
        var chosen = version.EventIds == EventIdFormat.Chosen ? EventId.Parse($"$e{number}:{sender.ServerName}") : (EventId?)null;
        return EventBuilder.Build(template, version, sender.ServerName, Key, chosen);
    }

    /// <summary>Content of a create event with what the room version demands, unless <paramref name="more"/> says otherwise.</summary>
    public static string CreateContent(RoomVersion version, string more, string creator = TestRoom.Alice)
    {
        var members = JsonElement.Parse(more).EnumerateObject().ToDictionary(m => m.Name, m => m.Value);
        members.TryAdd("room_version", JsonElement.Parse($"\"{version.Id}\""));
        if (version.CreatorInContent)
        {
            members.TryAdd("creator", JsonElement.Parse($"\"{creator}\""));
        }

        return JsonSerializer.Serialize(members);
    }

    private static EventReference Reference(Pdu pdu) =>
        new(pdu.EventId, pdu.Version.EventIds == EventIdFormat.Chosen ? EventBuilder.ReferenceHash(pdu) : null);
}
