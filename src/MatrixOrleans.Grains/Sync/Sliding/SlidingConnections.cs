using System.Security.Cryptography;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Sync.Sliding;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>
/// The sliding-sync connections of one user: a cache, in memory alone. A client whose connection is gone hears M_UNKNOWN_POS and starts a new one.
/// </summary>
internal sealed class SlidingConnections
{
    /// <summary>Most connections of one user; the one that was used longest ago goes.</summary>
    private const int ConnectionsMax = 32;

    private readonly Dictionary<(string Device, string Id), SlidingConnection> _connections = [];
    private long _uses;

    /// <summary>The connection, and what it had been told at the position that the client presents.</summary>
    /// <exception cref="MatrixException">M_UNKNOWN_POS</exception>
    public (SlidingConnection Connection, SlidingState State) Open(string device, string id, string? pos)
    {
        if (pos is null)
        {
            var opened = new SlidingConnection { LastUse = ++_uses };
            _connections[(device, id)] = opened;
            if (_connections.Count > ConnectionsMax)
            {
                _connections.Remove(_connections.MinBy(connection => connection.Value.LastUse).Key);
            }

            return (opened, SlidingState.None);
        }

        if (!SlidingPos.TryParse(pos, out var presented) || !_connections.TryGetValue((device, id), out var known) || known.At(presented) is not { } state)
        {
            throw new MatrixException(MatrixError.UnknownPos, "The connection is not known any more");
        }

        known.LastUse = ++_uses;
        return (known, state);
    }
}

/// <summary>One connection: its newest answers, and the one that the client built on last.</summary>
internal sealed class SlidingConnection
{
    /// <summary>Answers to one request that was made again and again.</summary>
    private const int AnswersMax = 4;

    private readonly SortedDictionary<long, SlidingState> _states = [];
    private readonly uint _life = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
    private long _number;
    private long _base;

    public long LastUse { get; set; }

    /// <summary>The client has this answer: what was before it, and what else was made beside it, is not needed any more.</summary>
    public SlidingState? At(SlidingPos pos)
    {
        if (pos.Life != _life || !_states.TryGetValue(pos.Number, out var state))
        {
            return null;
        }

        if (_base != pos.Number)
        {
            _base = pos.Number;
            foreach (var other in _states.Keys.Where(number => number != pos.Number).ToList())
            {
                _states.Remove(other);
            }
        }

        return state;
    }

    /// <summary>Keeps what an answer tells.</summary>
    /// <returns>The answer's name.</returns>
    public SlidingPos Add(SlidingState state)
    {
        _states[++_number] = state;
        if (_states.Count > AnswersMax + 1)
        {
            _states.Remove(_states.Keys.First(number => number != _base));
        }

        return new SlidingPos(_life, _number, state.LogPosition);
    }
}
