using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Reading;

/// <summary>What one request reads a room with.</summary>
internal sealed class RoomRead
{
    private readonly Database _database;
    private IReadOnlySet<UserId>? _ignored;

    /// <param name="ignored">Whom the reader ignores, when that is known already.</param>
    public RoomRead(Database database, RoomView view, RoomStates states, long nowMs, IReadOnlySet<UserId>? ignored = null)
    {
        (_database, View, States, _ignored) = (database, view, states, ignored);
        Gate = new EventGate(view, states, new ErasedUsers(database));
        Aggregations = new Aggregations(database, this);
        Writer = new EventWriter(database, this, nowMs);
    }

    public RoomView View { get; }

    public RoomStates States { get; }

    public EventGate Gate { get; }

    public EventWriter Writer { get; }

    public Aggregations Aggregations { get; }

    /// <summary>Whom the reader ignores.</summary>
    public async ValueTask<IReadOnlySet<UserId>> Ignored()
    {
        var user = View.Viewer.User;
        return _ignored ??= IgnoredUsers.Parse((await _database.AccountData.Get(user, null, IgnoredUsers.Type))?.Json, user);
    }
}
