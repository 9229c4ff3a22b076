using System.Runtime.InteropServices;
using MatrixOrleans.Storage.Sql;
using Npgsql;
using NpgsqlTypes;

namespace MatrixOrleans.Storage.Log;

/// <summary>Gathers the rows of a batch as one array for each column, for one statement for each table.</summary>
internal sealed class PostgresRows : RowSink
{
    private readonly Dictionary<InsertTable, TableRows> _tables = [];
    private TableRows _table = null!;
    private int _column;

    /// <summary>Number of the unit whose rows come, from 1.</summary>
    public int Unit { get; set; }

    /// <summary>Roughly what the rows weigh on the wire.</summary>
    public long Bytes { get; private set; }

    public override void Start(InsertTable table)
    {
        if (!_tables.TryGetValue(table, out var rows))
        {
            _tables.Add(table, rows = new TableRows(table));
        }

        rows.Units.Add(Unit);
        (_table, _column) = (rows, 0);
        Bytes += 16 * table.Columns.Length;
    }

    public override void Position(long? offset) => Number(offset);

    public override void Number(long? value) => ((List<long?>)_table.Columns[_column++]).Add(value);

    public override void Text(string? value)
    {
        ((List<string?>)_table.Columns[_column++]).Add(value is null ? null : Sql.Text.Encode(value));
        Bytes += value?.Length ?? 0;
    }

    public override void Blob(ReadOnlyMemory<byte>? value)
    {
        ((List<byte[]?>)_table.Columns[_column++]).Add(value is { } bytes ? Array(bytes) : null);
        Bytes += value?.Length ?? 0;
    }

    public override void End()
    {
        if (_column != _table.Columns.Length)
        {
            throw new InvalidOperationException($"{_column} of {_table.Columns.Length} columns of {_table.Table.Name} were written");
        }
    }

    /// <summary>A statement for each table that got rows.</summary>
    public IEnumerable<NpgsqlBatchCommand> Commands(bool bodies)
    {
        foreach (var table in Tables.All)
        {
            if (table.IsBody == bodies && _tables.TryGetValue(table, out var rows))
            {
                var command = new NpgsqlBatchCommand(table.PostgresSql);
                command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. rows.Units], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
                foreach (var column in rows.Columns)
                {
                    command.Parameters.Add(Parameter(column));
                }

                yield return command;
            }
        }
    }

    private static NpgsqlParameter Parameter(object column) => column switch
    {
        List<long?> numbers => new NpgsqlParameter<long?[]> { TypedValue = [.. numbers], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
        List<string?> texts => new NpgsqlParameter<string?[]> { TypedValue = [.. texts], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        _ => new NpgsqlParameter<byte[]?[]> { TypedValue = [.. (List<byte[]?>)column], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
    };

    private static byte[] Array(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : bytes.ToArray();

    private sealed class TableRows(InsertTable table)
    {
        public InsertTable Table { get; } = table;

        public List<long> Units { get; } = [];

        /// <summary>A list of numbers, texts or blobs for each column.</summary>
        public object[] Columns { get; } =
        [
            .. table.Columns.Select(column => column.Type switch
            {
                ColumnType.Text => new List<string?>(),
                ColumnType.Blob => (object)new List<byte[]?>(),
                _ => new List<long?>(),
            }),
        ];
    }
}
