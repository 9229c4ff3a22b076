using System.Text.Json;
using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>Typing of other servers' users (<c>m.typing</c>). The server need not say that it ended: it ends by itself.</summary>
public sealed class TypingReceiver(RoomGate gate, IGrainFactory grains)
{
    public async Task Receive(ServerName origin, ServerName tenant, JsonElement content)
    {
        var user = EduReceiver.OwnUser(origin, EduReceiver.Text(content, "user_id"));
        if (!RoomId.TryParse(EduReceiver.Text(content, "room_id"), out var room) || !content.TryGetProperty("typing"u8, out var typing) || typing.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw EduReceiver.Bad("m.typing needs room_id and typing");
        }

        if (await gate.Enter(room, origin, tenant) is not null)
        {
            await grains.GetGrain<IRoomEphemeralGrain>(room.Value).SetTyping(user, typing.GetBoolean() ? IRoomEphemeralGrain.TypingTimeoutMsDefault : 0);
        }
    }
}
