using System.Text;
using MatrixOrleans.Storage.Sql;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace MatrixOrleans.Storage.Log;

/// <summary>Inserts rows one by one through prepared statements of SQLite's own interface: a row costs a few microseconds.</summary>
internal sealed class SqliteRows(sqlite3 db) : RowSink, IDisposable
{
    private readonly Dictionary<InsertTable, sqlite3_stmt> _statements = [];
    private sqlite3_stmt _row = null!;
    private InsertTable _table = null!;
    private int _column;
    private byte[] _utf8 = new byte[1024];

    private long _firstPosition;

    /// <summary>Whether the last row went in; false when it met a conflict that its table ignores.</summary>
    public bool Inserted { get; private set; }

    /// <summary>Events of this unit that were stored already, under whatever number.</summary>
    public int EventsIgnored { get; private set; }

    /// <summary>The rows of the next unit come.</summary>
    public void Begin(long firstPosition) => (_firstPosition, EventsIgnored) = (firstPosition, 0);

    public override void Start(InsertTable table)
    {
        if (!_statements.TryGetValue(table, out var statement))
        {
            Check(sqlite3_prepare_v3(db, table.SqliteSql, SQLITE_PREPARE_PERSISTENT, out statement));
            _statements.Add(table, statement);
        }

        (_row, _table, _column) = (statement, table, 0);
    }

    public override void Position(long? offset) => Number(offset is { } o ? _firstPosition + o : null);

    public override void Number(long? value) =>
        Check(value is { } number ? sqlite3_bind_int64(_row, ++_column, number) : sqlite3_bind_null(_row, ++_column));

    public override void Text(string? value)
    {
        if (value is null)
        {
            Check(sqlite3_bind_null(_row, ++_column));
            return;
        }

        var text = Sql.Text.Encode(value);
        if (_utf8.Length < text.Length * 3)
        {
            _utf8 = new byte[text.Length * 3];
        }

        var length = Encoding.UTF8.GetBytes(text, _utf8);
        Check(sqlite3_bind_text(_row, ++_column, _utf8.AsSpan(0, length)));
    }

    public override void Blob(ReadOnlyMemory<byte>? value) =>
        Check(value is { } bytes ? bytes.IsEmpty ? sqlite3_bind_zeroblob(_row, ++_column, 0) : sqlite3_bind_blob(_row, ++_column, bytes.Span) : sqlite3_bind_null(_row, ++_column));

    public override void End()
    {
        if (_column != _table.Columns.Length)
        {
            throw new InvalidOperationException($"{_column} of {_table.Columns.Length} columns of {_table.Name} were written");
        }

        var code = sqlite3_step(_row);
        Inserted = code == SQLITE_DONE && sqlite3_changes(db) > 0;
        var message = code == SQLITE_DONE ? null : sqlite3_errmsg(db).utf8_to_string();
        var extended = code == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(db);
        sqlite3_reset(_row);
        if (!Inserted && _table == Tables.Events)
        {
            EventsIgnored++;
        }

        if (message is not null)
        {
            throw new SqliteException($"{message} ({_table.Name})", extended & 0xFF, extended);
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
    }

    private void Check(int code)
    {
        if (code != SQLITE_OK)
        {
            throw new SqliteException(sqlite3_errmsg(db).utf8_to_string(), code & 0xFF, code);
        }
    }
}
