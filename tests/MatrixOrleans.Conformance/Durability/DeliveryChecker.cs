namespace MatrixOrleans.Conformance.Durability;

/// <summary>A send that the server acknowledged.</summary>
/// <param name="Sender">The sender's user id.</param>
/// <param name="Marker">What the sender put into the event; one marker for each transaction id.</param>
/// <param name="EventId">The event id of the answer.</param>
public sealed record Acknowledged(string Sender, string Marker, string EventId);

/// <summary>An event that a client got, from /messages or /sync.</summary>
/// <param name="EventId">Its id.</param>
/// <param name="Sender">Its sender.</param>
/// <param name="Marker">The marker in it.</param>
public sealed record Delivered(string EventId, string Sender, string Marker);

/// <summary>What one client received from its /sync answers and the gaps that it filled, joined in order.</summary>
/// <param name="Client">A name for messages.</param>
/// <param name="Events">The events.</param>
public sealed record ClientStream(string Client, IReadOnlyList<Delivered> Events);

/// <summary>
/// Says whether a room's history is whole: every acknowledged event is in a full walk of /messages, none is there twice, a sender's events stand in the
/// order in which they were acknowledged, and each client's stream is that very history. Sends without an answer may be there once or not at all.
/// </summary>
public static class DeliveryChecker
{
    /// <summary>Everything that is wrong, a line each; empty when nothing is.</summary>
    /// <param name="acknowledged">In each sender's order.</param>
    /// <param name="walk">The room's events, oldest first.</param>
    /// <param name="streams">The clients that synced from before the first event on.</param>
    public static IReadOnlyList<string> Check(IReadOnlyList<Acknowledged> acknowledged, IReadOnlyList<Delivered> walk, IReadOnlyList<ClientStream> streams) =>
        [.. Acknowledgements(acknowledged), .. Losses(acknowledged, walk), .. Doubles("/messages", walk), .. Orders(acknowledged, walk), .. streams.SelectMany(s => Stream(s, walk))];

    /// <summary>One transaction has one event id, and one event id one transaction.</summary>
    private static IEnumerable<string> Acknowledgements(IReadOnlyList<Acknowledged> acknowledged) =>
    [
        .. acknowledged.GroupBy(a => (a.Sender, a.Marker)).Where(g => g.Select(a => a.EventId).Distinct().Count() > 1)
            .Select(g => $"{g.Key.Marker} of {g.Key.Sender} was acknowledged as {string.Join(" and ", g.Select(a => a.EventId).Distinct())}"),
        .. acknowledged.GroupBy(a => a.EventId).Where(g => g.Select(a => (a.Sender, a.Marker)).Distinct().Count() > 1)
            .Select(g => $"{g.Key} was given to {string.Join(" and ", g.Select(a => a.Marker).Distinct())}"),
    ];

    private static IEnumerable<string> Losses(IReadOnlyList<Acknowledged> acknowledged, IReadOnlyList<Delivered> walk)
    {
        Dictionary<string, Delivered> present = walk.DistinctBy(e => e.EventId).ToDictionary(e => e.EventId);
        foreach (Acknowledged sent in acknowledged)
        {
            if (!present.TryGetValue(sent.EventId, out Delivered? stored))
            {
                yield return $"lost: {sent.EventId} ({sent.Marker} of {sent.Sender}) was acknowledged and is not in /messages";
            }
            else if (stored.Marker != sent.Marker || stored.Sender != sent.Sender)
            {
                yield return $"changed: {sent.EventId} was {sent.Marker} of {sent.Sender} and is {stored.Marker} of {stored.Sender}";
            }
        }
    }

    private static IEnumerable<string> Doubles(string where, IReadOnlyList<Delivered> events) =>
    [
        .. events.GroupBy(e => e.EventId).Where(g => g.Count() > 1).Select(g => $"doubled: {g.Key} is {g.Count()} times in {where}"),
        .. events.GroupBy(e => (e.Sender, e.Marker)).Where(g => g.Select(e => e.EventId).Distinct().Count() > 1)
            .Select(g => $"doubled: {g.Key.Marker} of {g.Key.Sender} is {string.Join(" and ", g.Select(e => e.EventId).Distinct())} in {where}"),
    ];

    private static IEnumerable<string> Orders(IReadOnlyList<Acknowledged> acknowledged, IReadOnlyList<Delivered> walk)
    {
        Dictionary<string, int> place = walk.Select((e, i) => (e.EventId, i)).DistinctBy(p => p.EventId).ToDictionary(p => p.EventId, p => p.i);
        foreach (IGrouping<string, Acknowledged> sender in acknowledged.GroupBy(a => a.Sender))
        {
            Acknowledged[] stored = [.. sender.Where(a => place.ContainsKey(a.EventId)).DistinctBy(a => a.EventId)];
            foreach ((Acknowledged earlier, Acknowledged later) in stored.Zip(stored.Skip(1)))
            {
                if (place[earlier.EventId] > place[later.EventId])
                {
                    yield return $"swapped: {sender.Key} sent {earlier.Marker} before {later.Marker}, /messages has them the other way round";
                }
            }
        }
    }

    private static IEnumerable<string> Stream(ClientStream stream, IReadOnlyList<Delivered> walk)
    {
        string where = $"the sync of {stream.Client}";
        string[] doubles = [.. Doubles(where, stream.Events)];
        HashSet<string> received = [.. stream.Events.Select(e => e.EventId)];
        HashSet<string> stored = [.. walk.Select(e => e.EventId)];
        string[] skipped = [.. walk.Where(e => !received.Contains(e.EventId)).Select(e => $"skipped: {e.EventId} ({e.Marker} of {e.Sender}) never came in {where}")];
        string[] invented = [.. stream.Events.Where(e => !stored.Contains(e.EventId)).Select(e => $"invented: {e.EventId} ({e.Marker} of {e.Sender}) came in {where} and is not in /messages")];
        string[] problems = [.. doubles, .. skipped, .. invented];
        if (problems.Length > 0)
        {
            return problems;
        }
        int wrong = walk.Zip(stream.Events).TakeWhile(p => p.First.EventId == p.Second.EventId).Count();
        return wrong == walk.Count ? [] : [$"swapped: place {wrong} is {walk[wrong].Marker} in /messages and {stream.Events[wrong].Marker} in {where}"];
    }
}
