using System.Net;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>Which servers a room lets in (<c>m.room.server_acl</c>). Case and ports do not matter.</summary>
public sealed class ServerAcl
{
    /// <summary>Most patterns of one list that count; an event cannot hold many more.</summary>
    private const int PatternsMax = 20_000;

    private static readonly ServerAcl Everybody = new(null, [], []);

    private readonly bool? _allowLiterals;
    private readonly List<Glob> _allow;
    private readonly List<Glob> _deny;

    private ServerAcl(bool? allowLiterals, List<Glob> allow, List<Glob> deny) => (_allowLiterals, _allow, _deny) = (allowLiterals, allow, deny);

    /// <param name="state">The room's <c>m.room.server_acl</c>; "if there is no m.room.server_acl event in the room state, allow".</param>
    public static ServerAcl Of(Pdu? state)
    {
        if (state is null)
        {
            return Everybody;
        }

        var literals = !(state.Content.TryGetProperty("allow_ip_literals", out var given) && given.ValueKind == JsonValueKind.False);
        return new ServerAcl(literals, Patterns(state.Content, "allow"), Patterns(state.Content, "deny"));
    }

    public bool Allows(ServerName server)
    {
        if (_allowLiterals is not { } literals)
        {
            return true;
        }

        var host = server.Host;
        var isLiteral = host.StartsWith('[') || IPAddress.TryParse(host, out _);
        return (literals || !isLiteral) && !_deny.Exists(glob => glob.IsMatch(host)) && _allow.Exists(glob => glob.IsMatch(host));
    }

    private static List<Glob> Patterns(JsonElement content, string name) =>
        content.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Take(PatternsMax).Where(p => p.ValueKind == JsonValueKind.String).Select(p => Glob.Compile(p.GetString()!, ignoreCase: true))]
            : [];
}
