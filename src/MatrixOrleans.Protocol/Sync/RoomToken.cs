using System.Globalization;
using Orleans;

namespace MatrixOrleans.Protocol.Sync;

/// <summary>
/// A place between two events of one room, in the order of <c>room_seq</c>: what <c>/messages</c>, <c>/relations</c>, <c>/context</c> and the
/// <c>prev_batch</c> of a sync give out. Written <c>r1_boundary</c> or <c>r1_boundary_log</c>.
/// </summary>
/// <param name="Boundary">Events with <c>room_seq</c> up to this one lie before the place, all others behind it. Negative in backfilled history.</param>
/// <param name="LogPosition">The log position that the giver had seen, when that matters to what is read from here on.</param>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.RoomToken")]
public readonly record struct RoomToken([property: Id(0)] long Boundary, [property: Id(1)] long? LogPosition = null)
{
    private const string Prefix = "r1";

    /// <summary>The place directly before the event with this <c>room_seq</c>.</summary>
    public static RoomToken Before(long roomSeq) => new(roomSeq - 1);

    /// <summary>The place directly behind the event with this <c>room_seq</c>.</summary>
    public static RoomToken After(long roomSeq) => new(roomSeq);

    /// <summary>Whether an event lies before this place, so that reading backwards from here meets it.</summary>
    public bool IsAfter(long roomSeq) => roomSeq <= Boundary;

    /// <summary>Whether the text is a token of this format. Junk of any kind is answered with <c>false</c>.</summary>
    public static bool TryParse(string? text, out RoomToken token)
    {
        token = default;
        if (text is null || text.Length > TokenText.LengthMax || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text.AsSpan(Prefix.Length);
        if (!TokenText.TakeNumber(ref rest, long.MinValue, out var boundary))
        {
            return false;
        }

        if (rest.IsEmpty)
        {
            token = new RoomToken(boundary);
            return true;
        }

        if (!TokenText.TakeNumber(ref rest, 0, out var log) || !rest.IsEmpty)
        {
            return false;
        }

        token = new RoomToken(boundary, log);
        return true;
    }

    public override string ToString() => LogPosition is { } log
        ? string.Create(CultureInfo.InvariantCulture, $"{Prefix}_{Boundary}_{log}")
        : string.Create(CultureInfo.InvariantCulture, $"{Prefix}_{Boundary}");
}
