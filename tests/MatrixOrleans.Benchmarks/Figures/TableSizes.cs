using MatrixOrleans.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>How much of the disk tables take, their indexes included.</summary>
internal static class TableSizes
{
    /// <summary>Bytes of the tables as they are, nothing compacted.</summary>
    public static async Task<long> Of(DatabaseOptions options, params IReadOnlyList<string> tables)
    {
        if (options.Provider == DatabaseOptions.Sqlite)
        {
            return OfSqlite(options.ConnectionString, tables);
        }

        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using var vacuum = source.CreateCommand($"vacuum {string.Join(", ", tables)}");
        await vacuum.ExecuteNonQueryAsync();
        await using var size = source.CreateCommand("select " + string.Join(" + ", tables.Select(t => $"pg_total_relation_size('{t}')")));
        return (long)(await size.ExecuteScalarAsync())!;
    }

    /// <summary>The pages that become free in a copy when the tables go: what dbstat would count, which the bundled SQLite lacks.</summary>
    private static long OfSqlite(string path, IReadOnlyList<string> tables)
    {
        using (var original = Open(path))
        {
            Number(original, "pragma wal_checkpoint(truncate)");
        }

        var copy = path + ".copy";
        File.Copy(path, copy, overwrite: true);
        try
        {
            using var connection = Open(copy);
            var before = Number(connection, "pragma freelist_count");
            foreach (var table in tables)
            {
                Number(connection, $"drop table {table}");
            }

            return (Number(connection, "pragma freelist_count") - before) * Number(connection, "pragma page_size");
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }
}
