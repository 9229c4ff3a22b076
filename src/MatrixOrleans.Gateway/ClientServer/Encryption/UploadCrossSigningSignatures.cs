using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Publishes signatures that the user gave to keys.</summary>
internal static class UploadCrossSigningSignatures
{
    public static readonly Endpoint Endpoint = new("uploadCrossSigningSignatures", "POST", "/_matrix/client/v3/keys/signatures/upload", Access.User, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/keys/signatures/upload"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        return new Answer(await request.Grains.GetGrain<ICrossSigningGrain>(request.User.Value).UploadSignatures(JsonMarshal.GetRawUtf8Value(body).ToArray()));
    }
}
