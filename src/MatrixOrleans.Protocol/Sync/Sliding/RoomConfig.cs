using System.Collections.Immutable;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>What a room is told with, all rules together that it matches (MSC4186, "Combining room configs"). Immutable.</summary>
/// <param name="TimelineLimit">Most events of one answer.</param>
/// <param name="States">State that any of these wants is wanted.</param>
public sealed record RoomConfig(int TimelineLimit, ImmutableArray<RequiredState> States)
{
    /// <summary>More are not remembered of former rules.</summary>
    private const int StatesMax = 16;

    public bool LazyMembers => States.Any(state => state.LazyMembers);

    public bool Matches(StateKey key)
    {
        foreach (var state in States)
        {
            if (state.Matches(key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Everything that somebody names, exclusions not looked at.</summary>
    public IEnumerable<StatePattern> Patterns => States.SelectMany(state => state.Include).Distinct();

    /// <summary>The superset.</summary>
    public RoomConfig With(RoomConfig other) =>
        new(Math.Max(TimelineLimit, other.TimelineLimit), States.AsSpan().SequenceEqual(other.States.AsSpan()) ? States : [.. States.Union(other.States)]);

    /// <summary>Whether the state of the other is part of what is wanted here already.</summary>
    public bool Covers(RoomConfig other) => other.States.All(States.Contains);

    /// <summary>Remembers what the other wanted too, within bounds.</summary>
    public RoomConfig Remembering(RoomConfig former)
    {
        var both = With(former);
        return both.States.Length <= StatesMax ? this with { States = both.States } : this;
    }

    public bool Equals(RoomConfig? other) => other is not null && TimelineLimit == other.TimelineLimit && States.AsSpan().SequenceEqual(other.States.AsSpan());

    public override int GetHashCode() => HashCode.Combine(TimelineLimit, States.Length);
}
