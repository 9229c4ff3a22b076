namespace MatrixOrleans.Grains.Consumers;

/// <summary>This silo among those that hold partitions.</summary>
/// <param name="id">Never used by another process, nor again by a later one of this place.</param>
internal sealed class Holder(string id)
{
    private volatile Members _members = new([id], 0);

    public string Id { get; } = id;

    /// <summary>Who holds partitions now, this silo among them; the version tells one look from the next.</summary>
    public (IReadOnlyList<string> Ids, int Version) Alive => (_members.Ids, _members.Version);

    /// <summary>Takes what was heard.</summary>
    public void Heard(IReadOnlyList<string> alive) => _members = new(alive.Contains(Id) ? alive : [.. alive, Id], _members.Version + 1);

    private sealed record Members(IReadOnlyList<string> Ids, int Version);
}
