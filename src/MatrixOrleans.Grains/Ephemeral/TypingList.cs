using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Ephemeral;

/// <summary>Who is typing in one room and until when. Times are milliseconds of any steady clock.</summary>
public sealed class TypingList
{
    /// <summary>Most users at once; further ones are not shown.</summary>
    public const int UsersMax = 100;

    private readonly List<(UserId User, long UntilMs)> _entries = [];

    /// <summary>Grows whenever the list of users changes.</summary>
    public long Version { get; private set; }

    public IReadOnlyList<UserId> Users => [.. _entries.Select(e => e.User)];

    /// <summary>When the next user stops by timeout; <c>null</c> when nobody is typing.</summary>
    public long? NextEndMs => _entries.Count == 0 ? null : _entries.Min(e => e.UntilMs);

    /// <summary>Marks the user as typing until a time, or, when that is not in the future, as not typing.</summary>
    /// <returns>Whether the list of users changed; typing on does not change it.</returns>
    public bool Set(UserId user, long untilMs, long nowMs)
    {
        var index = _entries.FindIndex(e => e.User == user);
        if (untilMs <= nowMs)
        {
            if (index < 0)
            {
                return false;
            }

            _entries.RemoveAt(index);
            Version++;
            return true;
        }

        if (index >= 0)
        {
            _entries[index] = (user, untilMs);
            return false;
        }

        if (_entries.Count >= UsersMax)
        {
            return false;
        }

        _entries.Add((user, untilMs));
        Version++;
        return true;
    }

    /// <summary>Drops those whose time is over.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Expire(long nowMs)
    {
        if (_entries.RemoveAll(e => e.UntilMs <= nowMs) == 0)
        {
            return false;
        }

        Version++;
        return true;
    }
}
