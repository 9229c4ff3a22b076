using System.Text;
using AngleSharp.Html;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens;
using AngleSharp.Text;

namespace MatrixOrleans.Media.Previews;

/// <summary>
/// Goes through the tokens of a page, from its beginning to where nothing is wanted any more. No tree is built, so nothing is nested, nothing is run and
/// nothing is fetched.
/// </summary>
internal sealed class PageReader
{
    private const int TokensMax = 100_000;
    private const int AttributesMax = 16;
    private const int PropertiesMax = 32;
    private const int NameLengthMax = 64;
    private const int TextLengthMax = 1000;

    private static readonly string[] Media = ["og:image", "og:video", "og:audio"];

    private readonly Dictionary<string, string> _meta = [];
    private readonly StringBuilder _title = new();
    private readonly StringBuilder _text = new();
    private string? _linkedImage;
    private string? _inside;

    public PageSummary Read(string page)
    {
        using var source = new TextSource(page);
        using var tokenizer = new HtmlTokenizer(source, HtmlEntityProvider.Resolver)
        {
            SkipComments = true,

            // A tag with a hundred thousand attributes would be compared with itself for very long.
            ShouldEmitAttribute = static (ref token, _) => token.Attributes.Count < AttributesMax,
        };
        for (var count = 0; count < TokensMax; count++)
        {
            var token = tokenizer.Get();
            switch (token.Type)
            {
                case HtmlTokenType.EndOfFile:
                    return Summary();
                case HtmlTokenType.StartTag:
                    Begin(token.AsTag(), tokenizer);
                    break;
                case HtmlTokenType.EndTag when token.Name == _inside:
                    _inside = null;
                    break;
                case HtmlTokenType.Character:
                    Add(token.Data);
                    break;
            }
        }

        return Summary();
    }

    private void Begin(HtmlTagToken tag, HtmlTokenizer tokenizer)
    {
        switch (tag.Name)
        {
            case "title" or "textarea":
                tokenizer.State = HtmlParseMode.RCData;
                _inside = tag.Name;
                break;
            case "script":
                tokenizer.State = HtmlParseMode.Script;
                _inside = tag.Name;
                break;
            case "style" or "xmp" or "iframe" or "noembed" or "noframes":
                tokenizer.State = HtmlParseMode.Rawtext;
                _inside = tag.Name;
                break;
            case "p":
                _inside = tag.Name;
                Space(_text);
                break;
            case "meta":
                AddMeta(tag);
                break;
            case "link" when tag.GetAttribute("rel").Equals("image_src", StringComparison.OrdinalIgnoreCase):
                _linkedImage ??= tag.GetAttribute("href");
                break;
        }
    }

    private void AddMeta(HtmlTagToken tag)
    {
        var name = tag.GetAttribute("property") is { Length: > 0 } property ? property : tag.GetAttribute("name");
        var value = tag.GetAttribute("content");
        if (name.Length is > 0 and <= NameLengthMax && value.Length > 0 && _meta.Count < PropertiesMax)
        {
            _meta.TryAdd(name.Trim().ToLowerInvariant(), Shorten(value));
        }
    }

    private void Add(string text)
    {
        if (_inside == "title" && _title.Length < TextLengthMax)
        {
            _title.Append(text);
        }
        else if (_inside == "p" && _text.Length < TextLengthMax)
        {
            _text.Append(text);
        }
    }

    private PageSummary Summary()
    {
        var properties = new Dictionary<string, string>();
        foreach (var (name, value) in _meta)
        {
            if (name.StartsWith("og:", StringComparison.Ordinal) && !Media.Any(media => name.StartsWith(media, StringComparison.Ordinal)))
            {
                properties[name] = value;
            }
        }

        // Pages that do not know Open Graph often know another scheme, and all of them have words.
        AddMissing("og:title", _meta.GetValueOrDefault("twitter:title"), _title.ToString());
        AddMissing("og:description", _meta.GetValueOrDefault("twitter:description"), _meta.GetValueOrDefault("description"), _text.ToString());
        return new PageSummary(properties, new[] { "og:image:secure_url", "og:image", "og:image:url", "twitter:image" }.Select(name => _meta.GetValueOrDefault(name)).FirstOrDefault(value => value is not null) ?? _linkedImage);

        void AddMissing(string name, params string?[] fallbacks)
        {
            if (!properties.ContainsKey(name) && fallbacks.Select(text => Shorten(text ?? "")).FirstOrDefault(text => text.Length > 0) is { } found)
            {
                properties[name] = found;
            }
        }
    }

    /// <summary>One line without doubled spaces, of bounded length and whole characters.</summary>
    private static string Shorten(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= TextLengthMax)
        {
            return line;
        }

        var end = char.IsHighSurrogate(line[TextLengthMax - 2]) ? TextLengthMax - 2 : TextLengthMax - 1;
        return line[..end] + "…";
    }

    private static void Space(StringBuilder text)
    {
        if (text.Length > 0)
        {
            text.Append(' ');
        }
    }
}
