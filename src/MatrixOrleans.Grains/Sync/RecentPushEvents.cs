using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Push;

namespace MatrixOrleans.Grains.Sync;

/// <summary>The newest events as push rules read them, shared by everybody in their rooms who syncs at about the same time. Any thread may call it.</summary>
internal sealed class RecentPushEvents
{
    private const int EventsMax = 1_024;

    private readonly ConcurrentLru<Pdu, PushEvent> _events = new(EventsMax);

    /// <summary>The event; whoever evaluates rules on it holds it locked, because it remembers what was read.</summary>
    public PushEvent Of(Pdu pdu, Storage.Log.PushFacts facts) =>
        _events.TryGet(pdu, out var known) ? known : _events.GetOrAdd(pdu, static (pdu, facts) => Make(pdu, facts), facts);

    /// <summary>One that nobody else will ask for soon.</summary>
    public static PushEvent Make(Pdu pdu, Storage.Log.PushFacts facts) =>
        new(pdu, new PushFacts(facts.MemberCount, facts.SenderMayNotifyRoom ? long.MaxValue : long.MinValue, null));
}
