using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Filters;

/// <summary>The <c>event_fields</c> of a filter: which members of an event a client wants (Client-Server API, "Filtering"). Immutable.</summary>
public sealed class EventFields
{
    private readonly Node _root = new();

    private EventFields()
    {
    }

    /// <param name="paths">Dot-separated property paths.</param>
    public static EventFields Of(IEnumerable<string> paths)
    {
        var fields = new EventFields();
        foreach (var path in paths)
        {
            var node = fields._root;
            foreach (var name in PropertyPath.Parse(path).Names)
            {
                if (!node.Inner.TryGetValue(name, out var next))
                {
                    next = new Node();
                    node.Inner.Add(name, next);
                }

                node = next;
            }

            node.Whole = true;
        }

        return fields;
    }

    /// <summary>Writes an event of the client format with the wanted members only.</summary>
    /// <param name="clientEvent">An object.</param>
    public void Write(JsonElement clientEvent, IBufferWriter<byte> output) => Write(clientEvent, _root, output);

    private static void Write(JsonElement source, Node node, IBufferWriter<byte> output)
    {
        var separator = "{\""u8;
        foreach (var member in source.EnumerateObject())
        {
            if (!node.Inner.TryGetValue(member.Name, out var inner) || !(inner.Whole || Holds(member.Value, inner)))
            {
                continue;
            }

            output.Write(separator);
            separator = ",\""u8;
            output.Write(JsonMarshal.GetRawUtf8PropertyName(member));
            output.Write("\":"u8);
            if (inner.Whole)
            {
                output.Write(JsonMarshal.GetRawUtf8Value(member.Value));
            }
            else
            {
                Write(member.Value, inner, output);
            }
        }

        output.Write(separator[0] == (byte)',' ? "}"u8 : "{}"u8);
    }

    /// <summary>Whether something wanted stands in here, so that no empty objects are written.</summary>
    private static bool Holds(JsonElement source, Node node)
    {
        if (source.ValueKind == JsonValueKind.Object)
        {
            foreach (var (name, inner) in node.Inner)
            {
                if (source.TryGetProperty(name, out var value) && (inner.Whole || Holds(value, inner)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Inner { get; } = new(StringComparer.Ordinal);

        /// <summary>The member is wanted with all that is in it.</summary>
        public bool Whole { get; set; }
    }
}
