using System.Text.Json;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>Runs one operation for another server: reads the body within its bound, checks the signature over it, calls the operation and writes its answer.</summary>
public sealed class ServerEndpointRunner(IGrainFactory grains, GatewayOptions options, RequestAuthentication authentication, IFederationPolicies policies)
{
    /// <summary>Times that a request is made anew while its room moves.</summary>
    private const int AttemptsMax = 6;

    /// <summary>Depth of a body whose events are judged singly.</summary>
    private const int LenientDepthMax = 512;

    private static readonly JsonDocumentOptions Lenient = new() { AllowDuplicateProperties = true, MaxDepth = LenientDepthMax };

    private readonly GrainReferences _grains = new(grains);

    public async Task Run(ServerEndpoint endpoint, HttpContext http)
    {
        var bytes = HttpMethods.IsGet(endpoint.Method) ? [] : await RequestBody.ReadBytes(http.Request, endpoint.BodyBytesMax);
        JsonElement? body = bytes.Length > 0 ? Parse(endpoint, bytes) : null;
        ServerName? origin = null;
        ServerName destination;
        if (endpoint.Access == ServerAccess.Server)
        {
            (origin, destination) = await authentication.Authenticate(http.Request, body is null ? null : (ReadOnlyMemory<byte>?)bytes);
        }
        else
        {
            destination = EndpointRunner.ByHost(options, http.Request.Host);
            if (!policies.Of(destination).IsEnabled)
            {
                throw new MatrixException(MatrixError.Forbidden, "Federation is disabled");
            }
        }

        var request = new ServerRequest(http, _grains, options, destination, origin, EndpointRunner.PathValues(http), body);
        await EndpointRunner.WriteTo(http.Response, await Handle(endpoint, request));
    }

    private static async ValueTask<Answer> Handle(ServerEndpoint endpoint, ServerRequest request)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await endpoint.Handle(request);
            }
            catch (MatrixException moved) when (moved.Code == MatrixError.RoomMoved && attempt < AttemptsMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10 << attempt), request.Time, request.Aborted);
            }
        }
    }

    private static JsonElement Parse(ServerEndpoint endpoint, byte[] bytes)
    {
        if (!endpoint.LenientBody)
        {
            return RequestBody.Parse(bytes, emptyIsObject: false);
        }

        try
        {
            return JsonElement.Parse(bytes, Lenient);
        }
        catch (JsonException)
        {
            throw new MatrixException(MatrixError.NotJson, "The body is not valid JSON");
        }
    }
}
