namespace MatrixOrleans.Storage.Sql;

internal enum ColumnType
{
    /// <summary>A position: the unit's first plus an offset.</summary>
    Position,
    Number,
    Text,
    Blob,
}

/// <summary>
/// A table that the log writer fills. SQLite inserts its rows one by one, PostgreSQL all rows of a batch by one statement over arrays.
/// Columns are written in the declared order.
/// </summary>
internal sealed class InsertTable
{
    /// <param name="columns"><c>name:type</c> with the types p(osition), n(umber), t(ext), b(lob).</param>
    /// <param name="conflict">What follows the values; empty: a conflict is an error.</param>
    /// <param name="last">The key of an upsert: of several rows with one key in a batch only the last counts.</param>
    /// <param name="isBody">Inserted whatever becomes of the unit, before the writers' lock.</param>
    public InsertTable(string name, string columns, string conflict = "", string? last = null, string lastBy = "", bool isBody = false)
    {
        Name = name;
        IsBody = isBody;
        Columns = [.. columns.Split(' ').Select(c => (c[..^2], Type(c[^1])))];
        ColumnNames = string.Join(", ", Columns.Select(c => c.Name));
        SqliteSql = $"insert into {name} ({ColumnNames}) values ({string.Join(", ", Columns.Select((_, i) => "?" + (i + 1)))}) {conflict}";
        PostgresSql = Postgres(conflict, last, lastBy);
    }

    public string Name { get; }

    public (string Name, ColumnType Type)[] Columns { get; }

    public string SqliteSql { get; }

    /// <summary>Parameters: $1 the units, then an array for each column.</summary>
    public string PostgresSql { get; }

    /// <summary>Bodies are no part of the verdict on a unit and go in before the lock.</summary>
    public bool IsBody { get; }

    private string ColumnNames { get; }

    private static ColumnType Type(char letter) => letter switch
    {
        'p' => ColumnType.Position,
        'n' => ColumnType.Number,
        't' => ColumnType.Text,
        'b' => ColumnType.Blob,
        _ => throw new ArgumentOutOfRangeException(nameof(letter)),
    };

    private static string Array(ColumnType type) => type switch
    {
        ColumnType.Text => "text[]",
        ColumnType.Blob => "bytea[]",
        _ => "bigint[]",
    };

    private string Postgres(string conflict, string? last, string lastBy)
    {
        var arrays = string.Concat(Columns.Select((c, i) => $", ${i + 2}::{Array(c.Type)}"));
        var values = string.Join(", ", Columns.Select(c => c.Type == ColumnType.Position ? $"v.base[x.in_unit] + x.{c.Name}" : "x." + c.Name));
        var rows = $"unnest($1::bigint[]{arrays}) with ordinality as x(in_unit, {ColumnNames}, in_order)";
        if (IsBody)
        {
            return $"insert into {Name} ({ColumnNames}) select {values} from {rows} order by x.in_order {conflict}";
        }

        // The verdict before this statement left the first position of each unit in a setting of the transaction; 0 for a refused one.
        var verdict = "(select current_setting('matrix_orleans.bases')::bigint[] as base offset 0) v";
        var distinct = last is null ? "" : $"distinct on ({Qualified(last)}) ";
        var order = last is null ? "x.in_order" : $"{Qualified(last)}, {(lastBy.Length > 0 ? lastBy + ", " : "")}x.in_order desc";
        return $"insert into {Name} ({ColumnNames}) select {distinct}{values} from {rows}, {verdict} where v.base[x.in_unit] > 0 order by {order} {conflict}";
    }

    private static string Qualified(string names) => string.Join(", ", names.Split(", ").Select(n => "x." + n));
}
