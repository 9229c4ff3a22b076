using MatrixOrleans.Contracts.Presence;

namespace MatrixOrleans.Grains.Presence;

/// <summary>Hears on a silo whose presence changed. Must be quick and must not throw.</summary>
public interface IPresenceListener
{
    /// <param name="rooms">The rooms that the user is joined to, by their numbers.</param>
    void PresenceChanged(PresenceView view, IReadOnlyList<long> rooms);
}
