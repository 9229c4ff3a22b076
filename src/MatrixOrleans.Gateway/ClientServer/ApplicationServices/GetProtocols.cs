using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>The third-party networks of this server (Client-Server API, <c>GET /thirdparty/protocols</c>).</summary>
internal static class GetProtocols
{
    public static readonly Endpoint Endpoint = new("getProtocols", "GET", "/_matrix/client/v3/thirdparty/protocols", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var protocols = request.AppServices.All.Where(service => service.Tenant == request.Tenant).SelectMany(service => service.Protocols).Distinct().Order(StringComparer.Ordinal);
        var found = await Task.WhenAll(protocols.Select(async protocol => (Name: protocol, Write: await ThirdParty.Protocol(request, protocol))));
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (var (name, write) in found)
            {
                if (write is not null)
                {
                    writer.WritePropertyName(name);
                    write(writer);
                }
            }

            writer.WriteEndObject();
        });
    }
}
