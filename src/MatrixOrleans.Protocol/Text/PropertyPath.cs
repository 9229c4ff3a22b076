using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace MatrixOrleans.Protocol.Text;

/// <summary>
/// A path to a member inside an object, names joined by dots; <c>\.</c> and <c>\\</c> stand for a dot and a backslash within a name, any other
/// backslash for itself (Appendices, "Dot-separated property paths"). Immutable.
/// </summary>
public sealed class PropertyPath
{
    private PropertyPath(string text, ImmutableArray<string> names)
    {
        Text = text;
        Names = names;
    }

    /// <summary>The path as it was given.</summary>
    public string Text { get; }

    /// <summary>The names on the way, at least one, each possibly empty.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Every text is some path.</summary>
    public static PropertyPath Parse(string text)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        var name = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '.')
            {
                names.Add(name.ToString());
                name.Clear();
            }
            else if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '.' or '\\')
            {
                name.Append(text[++i]);
            }
            else
            {
                name.Append(text[i]);
            }
        }

        names.Add(name.ToString());
        return new PropertyPath(text, names.ToImmutable());
    }

    /// <summary>The member at the end of the path; <c>false</c> when it or an object on the way is missing.</summary>
    /// <param name="skip">How many names the caller has followed already.</param>
    public bool TryFollow(JsonElement root, out JsonElement value, int skip = 0)
    {
        value = root;
        foreach (var name in Names.AsSpan()[skip..])
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => Text;
}
