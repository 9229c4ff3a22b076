using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Keys;

internal static class NotaryAnswer
{
    public static async ValueTask<Answer> Of(ServerRequest request, IReadOnlyList<ServerKeysWanted> wanted)
    {
        var keys = await request.Grains.GetGrain<IServerKeysGrain>(0).Notarize(request.Destination, wanted);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("server_keys"u8);
            foreach (var key in keys)
            {
                writer.WriteRawValue(key.Span, skipInputValidation: true);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}
