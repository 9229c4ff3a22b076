using System.Text.RegularExpressions;

namespace MatrixOrleans.Protocol.ApplicationServices;

/// <summary>Users, aliases or rooms that an application service is interested in (Application Service API, "Registration").</summary>
public sealed class Namespace
{
    private readonly Regex _regex;

    /// <param name="pattern">Matches from the start of an id; it need not reach its end.</param>
    /// <param name="exclusive">Nobody else may make such users or aliases.</param>
    /// <exception cref="ArgumentException">The expression is none, or one that cannot be matched without backtracking.</exception>
    /// <exception cref="NotSupportedException">The same.</exception>
    public Namespace(string pattern, bool exclusive)
    {
        _regex = new Regex($@"\A(?:{pattern})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        IsExclusive = exclusive;
    }

    public bool IsExclusive { get; }

    public bool Holds(string id) => _regex.IsMatch(id);
}
