using System.Text.Json;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>What asking for keys of users here and of users elsewhere has in common: two answers become one.</summary>
internal static class RemoteKeys
{
    private const int TimeoutMsDefault = 10_000;
    private const int TimeoutMsMax = 20_000;

    public static (List<T> Local, List<T> Remote) Split<T>(ClientRequest request, IEnumerable<T> all, Func<T, UserId> user)
    {
        var tenants = request.Options.Tenants;
        var groups = all.ToLookup(one => tenants.Contains(user(one).ServerName));
        return ([.. groups[true]], [.. groups[false]]);
    }

    /// <summary>How long the client waits for other servers.</summary>
    public static int TimeoutMs(JsonElement body) =>
        body.TryGetProperty("timeout"u8, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var ms) && ms >= 0
            ? (int)Math.Min(ms, TimeoutMsMax)
            : TimeoutMsDefault;

    /// <summary>Each member of either answer, with the entries of both.</summary>
    public static Answer Merge(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other)
    {
        var (first, second) = (JsonElement.Parse(one.Span), JsonElement.Parse(other.Span));
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (var name in first.EnumerateObject().Concat(second.EnumerateObject()).Select(member => member.Name).Distinct())
            {
                writer.WriteStartObject(name);
                foreach (var answer in (JsonElement[])[first, second])
                {
                    if (answer.TryGetProperty(name, out var entries))
                    {
                        foreach (var entry in entries.EnumerateObject())
                        {
                            entry.WriteTo(writer);
                        }
                    }
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });
    }
}
