using System.Globalization;
using System.Text;

namespace MatrixOrleans.Benchmarks.Reports;

/// <summary>Tables of figures in Markdown, on standard output as soon as each is complete; progress goes to standard error.</summary>
internal sealed class Report(string? file)
{
    private readonly StringBuilder _text = new();

    /// <summary>Aims that were missed so far.</summary>
    public int Missed { get; private set; }

    /// <summary>Parts that came to no figures.</summary>
    public int Failed { get; private set; }

    public static void Progress(string text) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{DateTime.Now:HH:mm:ss}] {text}"));

    public void Fail(string part, Exception error)
    {
        Failed++;
        Write($"\n**{part} failed**: {error.Message}\n");
        Console.Error.WriteLine(error);
    }

    public void Line(string text) => Write(text + "\n");

    public void Table(string title, string data, IReadOnlyList<Figure> figures)
    {
        Missed += figures.Count(f => f.Met == false);
        var table = new StringBuilder($"\n## {title}\n\n{data}\n\n| figure | measured | aim | |\n|---|---|---|---|\n");
        foreach (var figure in figures)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {figure.Name} | {figure.Measured} | {figure.Aim ?? "-"} | {Mark(figure.Met)} |\n");
        }

        Write(table.ToString());
    }

    private static string Mark(bool? met) => met switch
    {
        true => "met",
        false => "**missed**",
        null => "",
    };

    private void Write(string text)
    {
        Console.Out.Write(text);
        _text.Append(text);
        if (file is not null)
        {
            File.WriteAllText(file, _text.ToString());
        }
    }
}
