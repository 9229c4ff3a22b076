using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>The name of a homeserver, <c>hostname [":" port]</c>; case-sensitive (Appendices, "Server Name").</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.ServerName")]
public readonly record struct ServerName : IComparable<ServerName>
{
    /// <summary>Longest name that still fits into an identifier of 255 bytes with a sigil, a localpart and a colon.</summary>
    public const int BytesMax = 252;

    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789ABCDEFabcdef:.");

    private ServerName(string value) => Value = value;

    [Id(0)]
    public string Value { get; }

    /// <summary>The host without port, IPv6 literals with their brackets.</summary>
    public string Host
    {
        get
        {
            var end = PortSeparator(Value);
            return end < 0 ? Value : Value[..end];
        }
    }

    /// <summary>The port, when the name states one.</summary>
    public int? Port
    {
        get
        {
            var end = PortSeparator(Value);
            return end < 0 ? null : int.Parse(Value.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ServerName name)
    {
        name = default;
        if (!IsValid(text))
        {
            return false;
        }

        name = new ServerName(text.ToString());
        return true;
    }

    /// <exception cref="FormatException">The text is no server name.</exception>
    public static ServerName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"Not a server name: '{text}'");

    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > BytesMax)
        {
            return false;
        }

        var host = text;
        var colon = PortSeparator(text);
        if (colon >= 0)
        {
            var port = text[(colon + 1)..];
            host = text[..colon];
            if (port.Length is < 1 or > 5 || port.ContainsAnyExceptInRange('0', '9') || int.Parse(port, NumberStyles.None, CultureInfo.InvariantCulture) > 65535)
            {
                return false;
            }
        }

        if (host.IsEmpty)
        {
            return false;
        }

        if (host[0] == '[')
        {
            // Checked character by character first: the framework's parser takes scopes, ports and brackets too.
            return host[^1] == ']' && host.Length is >= 4 and <= 47
                && !host[1..^1].ContainsAnyExcept(Ipv6Characters)
                && IPAddress.TryParse(host[1..^1], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        foreach (var c in host)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    public int CompareTo(ServerName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value ?? "";

    private static int PortSeparator(ReadOnlySpan<char> text)
    {
        var bracket = text.LastIndexOf(']');
        var colon = text[(bracket + 1)..].IndexOf(':');
        return colon < 0 ? -1 : bracket + 1 + colon;
    }
}
