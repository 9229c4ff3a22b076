namespace MatrixOrleans.Storage.Rooms;

/// <summary>One of the newest events that relate to a target, with figures of all that relate to it in the same way.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="UserSent">The user who asks sent one of them.</param>
public sealed record AggregateRow(string TargetId, string RelType, long EventNid, int Count, bool UserSent);
