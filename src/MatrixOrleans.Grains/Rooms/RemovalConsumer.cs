using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Redacts what somebody sent whom a moderator removed together with his messages (MSC4293).</summary>
public sealed class RemovalConsumer(Database database, Tail tail, IGrainFactory grains) : ILogConsumer
{
    private static readonly HashSet<string> Types = [EventTypes.Member];

    public string Name => "removals";

    public ConsumerStart Start => ConsumerStart.Head;

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind> { LogKind.Event };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        var removals = (await LogEvents.Of(database, tail, batch.Rows, Types)).Where(e => Redacts(e.Pdu)).ToList();
        foreach (var (_, pdu) in removals)
        {
            await grains.GetGrain<IRedactionGrain>(0).RedactRemoved(pdu.RoomId, pdu.EventId);
        }

        return removals.Count == 0 ? ConsumerEffects.None : ConsumerEffects.Outside;
    }

    private static bool Redacts(Pdu pdu) =>
        pdu.StateKey != pdu.Sender.Value && MembershipText.Of(pdu) is Membership.Ban or Membership.Leave
        && pdu.Content.TryGetProperty(MembershipContent.RedactEvents, out var wanted) && wanted.ValueKind == JsonValueKind.True;
}
