using System.Globalization;

namespace MatrixOrleans.Benchmarks.Processes;

/// <summary>A kind of database that the server can run on.</summary>
internal abstract class DatabaseChoice
{
    public abstract string Name { get; }

    /// <summary>The database server's process, where there is one.</summary>
    public virtual int? ProcessId => null;

    /// <summary>Makes an empty database.</summary>
    /// <returns>The server's <c>--database</c>.</returns>
    public abstract Task<string> NewDatabase();
}

/// <summary>A file of the server's own.</summary>
internal sealed class SqliteChoice : DatabaseChoice
{
    public override string Name => "SQLite";

    public override Task<string> NewDatabase() => Task.FromResult("sqlite");
}

/// <summary>A database on the started PostgreSQL.</summary>
internal sealed class PostgresChoice(PostgresProcess postgres) : DatabaseChoice
{
    private int _count;

    public override string Name => "PostgreSQL";

    public override int? ProcessId => postgres.Id;

    public override async Task<string> NewDatabase() =>
        "postgres:" + await postgres.CreateDatabase(string.Create(CultureInfo.InvariantCulture, $"bench{++_count}"));
}
