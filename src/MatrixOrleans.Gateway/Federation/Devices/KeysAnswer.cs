using System.Text.Json;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Devices;

internal static class KeysAnswer
{
    /// <summary>The named members of an answer, of which a client would get more.</summary>
    public static Answer Only(ReadOnlyMemory<byte> json, params string[] names)
    {
        var root = JsonElement.Parse(json.Span);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (var member in root.EnumerateObject().Where(member => names.Contains(member.Name)))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        });
    }
}
