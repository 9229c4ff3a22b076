using System.Data.Common;

namespace MatrixOrleans.Storage.Sql;

/// <summary>
/// One connection, in one pair of hands. Its statements are prepared once. On SQLite everything completes synchronously.
/// </summary>
public abstract class SqlSession
{
    private protected SqlSession()
    {
    }

    internal abstract Dialect Dialect { get; }

    internal async ValueTask<List<T>> Query<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] arguments)
    {
        var command = Prepare(sql, arguments);
        try
        {
            var rows = new List<T>();
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    rows.Add(map(reader));
                }
            }

            return rows;
        }
        finally
        {
            Release(command);
        }
    }

    /// <summary>The first row, or the type's default.</summary>
    internal async ValueTask<T?> First<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] arguments)
    {
        var rows = await Query(sql, map, arguments).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : default;
    }

    /// <summary>The first column of the first row; null when there is no row or no value.</summary>
    internal async ValueTask<long?> Number(string sql, params (string Name, object? Value)[] arguments) =>
        await First(sql, static reader => reader.NumberOrNull(0), arguments).ConfigureAwait(false);

    /// <summary>How many rows were touched.</summary>
    internal async ValueTask<int> Execute(string sql, params (string Name, object? Value)[] arguments)
    {
        var command = Prepare(sql, arguments);
        try
        {
            return await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        finally
        {
            Release(command);
        }
    }

    private protected abstract DbCommand Command(string sql);

    private protected abstract void Release(DbCommand command);

    private DbCommand Prepare(string sql, (string Name, object? Value)[] arguments)
    {
        var command = Command(Dialect.Translate(sql));
        foreach (var (name, value) in arguments)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = Dialect.Bind(value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}

/// <summary>A session inside a transaction that <see cref="Log.LogWriter.Execute{T}"/> opened and commits.</summary>
public abstract class WriteSession : SqlSession
{
    private protected WriteSession()
    {
    }
}

/// <summary>How columns are read.</summary>
internal static class Columns
{
    public static long Number(this DbDataReader reader, int column) => reader.GetInt64(column);

    public static long? NumberOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public static bool Flag(this DbDataReader reader, int column) => reader.GetInt64(column) != 0;

    public static string String(this DbDataReader reader, int column) => Text.Decode(reader.GetString(column));

    public static string? StringOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : Text.Decode(reader.GetString(column));

    public static byte[] Bytes(this DbDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static byte[]? BytesOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
}
