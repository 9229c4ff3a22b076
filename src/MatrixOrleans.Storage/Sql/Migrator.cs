using System.Globalization;
using System.Reflection;

namespace MatrixOrleans.Storage.Sql;

/// <summary>The embedded migrations, forward only: <c>NNNN_name.sql</c> for both databases, then <c>NNNN_name.(sqlite|postgres).sql</c> where they differ.</summary>
internal static class Migrator
{
    private const string Prefix = "MatrixOrleans.Storage.Migrations.";

    /// <summary>The newest schema this program knows.</summary>
    public static int KnownVersion { get; } = Names().Max(Version);

    /// <summary>The version of the opened database; 0 for a new one.</summary>
    public static async ValueTask<int> Current(SqlSession session)
    {
        await session.Execute("create table if not exists schema_version (version {integer} primary key, applied_ms bigint not null)").ConfigureAwait(false);
        return (int)(await session.Number("select max(version) from schema_version").ConfigureAwait(false) ?? 0);
    }

    /// <summary>Applies what is missing. The caller holds a lock that keeps others from migrating, inside one transaction.</summary>
    /// <exception cref="InvalidOperationException">The database is newer than this program.</exception>
    public static async ValueTask Apply(SqlSession session, long nowMs)
    {
        var current = await Current(session).ConfigureAwait(false);
        Refuse(current);
        for (var version = current + 1; version <= KnownVersion; version++)
        {
            var prefix = version.ToString("D4", CultureInfo.InvariantCulture) + "_";
            foreach (var name in Names().Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && IsFor(n, session.Dialect)).OrderBy(n => n.Length))
            {
                await session.Execute(Read(name)).ConfigureAwait(false);
            }

            await session.Execute("insert into schema_version (version, applied_ms) values (@version, @now)", ("version", (long)version), ("now", nowMs)).ConfigureAwait(false);
        }
    }

    public static void Refuse(int current)
    {
        if (current > KnownVersion)
        {
            throw new InvalidOperationException($"The database has schema {current}; this program knows {KnownVersion} and would damage it");
        }
    }

    private static bool IsFor(string name, Dialect dialect)
    {
        var postgres = name.EndsWith(".postgres.sql", StringComparison.Ordinal);
        var sqlite = name.EndsWith(".sqlite.sql", StringComparison.Ordinal);
        return dialect.IsPostgres ? !sqlite : !postgres;
    }

    private static int Version(string name) => int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Names() =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..]);

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
