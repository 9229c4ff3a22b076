using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <summary>Changes of users' devices and keys. Written by <see cref="DeviceListChanged"/>.</summary>
public sealed class DeviceListStore
{
    private readonly SqlSource _source;

    internal DeviceListStore(SqlSource source) => _source = source;

    /// <summary>Which of the users changed in (after, upto].</summary>
    public async Task<IReadOnlyList<UserId>> Changed(IReadOnlyCollection<UserId> users, long after, long upto) =>
        users.Count == 0
            ? []
            : await _source.Query(
                "select distinct user_id from log where user_id {any users} and pos > @after and pos <= @upto and kind >= 10 and kind = @kind",
                static reader => UserId.Parse(reader.String(0)),
                ("users", users.Select(user => user.Value).ToArray()),
                ("after", after),
                ("upto", upto),
                ("kind", (long)LogKind.DeviceList)).ConfigureAwait(false);
}
