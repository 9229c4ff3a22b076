using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MatrixOrleans.Storage.Sql;

/// <summary>
/// The few places where the two databases spell the same thing differently. A statement is written once, with these marks:
/// <c>{any x}</c> membership in the array parameter @x, <c>{blob}</c>, <c>{text}</c> (compared by bytes), <c>{integer}</c> (a 64-bit key),
/// <c>{clustered}</c> (rows stored in the order of the primary key where the database can).
/// </summary>
internal sealed partial class Dialect
{
    public static readonly Dialect Sqlite = new(isPostgres: false);
    public static readonly Dialect Postgres = new(isPostgres: true);

    private readonly ConcurrentDictionary<string, string> _translated = new();

    private Dialect(bool isPostgres) => IsPostgres = isPostgres;

    public bool IsPostgres { get; }

    public string Translate(string sql) =>
        sql.Contains('{', StringComparison.Ordinal) ? _translated.GetOrAdd(sql, static (text, dialect) => Mark().Replace(text, dialect.Spell), this) : sql;

    /// <summary>The value as the provider takes it. Neither database keeps U+0000 in text; see <see cref="Text"/>.</summary>
    public object Bind(object? value) => value switch
    {
        null => DBNull.Value,
        string text => Text.Encode(text),
        bool flag => flag ? 1L : 0L,
        ReadOnlyMemory<byte> bytes => bytes.ToArray(),
        long[] numbers when !IsPostgres => Array(numbers),
        string[] texts when !IsPostgres => JsonSerializer.Serialize(texts.Select(Text.Encode)),
        string[] texts => texts.Select(Text.Encode).ToArray(),
        _ => value,
    };

    private static string Array(long[] numbers)
    {
        var text = new StringBuilder("[");
        foreach (var number in numbers)
        {
            text.Append(text.Length > 1 ? "," : "").Append(CultureInfo.InvariantCulture, $"{number}");
        }

        return text.Append(']').ToString();
    }

    private string Spell(Match mark) => (mark.Groups[1].Value, IsPostgres) switch
    {
        ("any", true) => $"= any(@{mark.Groups[2].Value})",
        ("any", false) => $"in (select value from json_each(@{mark.Groups[2].Value}))",
        ("blob", true) => "bytea",
        ("blob", false) => "blob",
        ("text", true) => "text collate \"C\"",
        ("text", false) => "text",
        ("integer", true) => "bigint",
        ("integer", false) => "integer",
        ("clustered", true) => "",
        ("clustered", false) => "without rowid",
        _ => throw new InvalidOperationException($"Unknown mark {mark.Value} in a statement"),
    };

    [GeneratedRegex(@"\{(\w+)(?: (\w+))?\}")]
    private static partial Regex Mark();
}

/// <summary>Text in the database: U+0000, which PostgreSQL refuses, and U+0001 are written as U+0001 followed by a digit.</summary>
internal static class Text
{
    public static string Encode(string text) =>
        text.AsSpan().IndexOfAny('\0', '\u0001') < 0
            ? text
            : text.Replace("\u0001", "\u00011", StringComparison.Ordinal).Replace("\0", "\u00010", StringComparison.Ordinal);

    public static string Decode(string text) =>
        !text.Contains('\u0001', StringComparison.Ordinal)
            ? text
            : text.Replace("\u00010", "\0", StringComparison.Ordinal).Replace("\u00011", "\u0001", StringComparison.Ordinal);
}
