using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Sends messages to devices (Client-Server API, "Send-to-Device messaging").</summary>
internal static class SendToDevice
{
    public static readonly Endpoint Endpoint = new("sendToDevice", "PUT", "/_matrix/client/v3/sendToDevice/{eventType}/{txnId}", Access.UserOrGuest, Handle);

    private const int NameBytesMax = 255;

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var messages = JsonMembers.Object(body, "messages") ?? throw new MatrixException(MatrixError.MissingParam, "messages is missing");
        await request.Grains.GetGrain<IToDeviceGrain>(request.User.Value).Send(new ToDeviceRequest
        {
            DeviceId = request.Session.DeviceId,
            Type = Name(request, "eventType"),
            TxnId = Name(request, "txnId"),
            Messages = [.. Read(messages)],
        });
        return Answer.Empty;
    }

    private static IEnumerable<ToDeviceMessage> Read(JsonElement messages)
    {
        foreach (var user in messages.EnumerateObject())
        {
            if (!UserId.TryParse(user.Name, out var id) || user.Value.ValueKind != JsonValueKind.Object)
            {
                throw new MatrixException(MatrixError.BadJson, "messages must map user ids to objects");
            }

            foreach (var device in user.Value.EnumerateObject())
            {
                yield return device.Value.ValueKind == JsonValueKind.Object
                    ? new ToDeviceMessage(id, device.Name, JsonMarshal.GetRawUtf8Value(device.Value).ToArray())
                    : throw new MatrixException(MatrixError.BadJson, "A message must be an object");
            }
        }
    }

    private static string Name(ClientRequest request, string parameter) =>
        request.Path(parameter) is var text && Encoding.UTF8.GetByteCount(text) <= NameBytesMax
            ? text
            : throw new MatrixException(MatrixError.InvalidParam, $"{parameter} may have {NameBytesMax} bytes at most");
}
