using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>An application service asks whether it can be reached (Client-Server API, <c>POST /appservice/{appserviceId}/ping</c>).</summary>
internal static class PingAppservice
{
    public static readonly Endpoint Endpoint = new("pingAppservice", "POST", "/_matrix/client/v1/appservice/{appserviceId}/ping", Access.User, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/fi.mau.msc2659/appservice/{appserviceId}/ping"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        if (request.AppService is not { } service || service.Id != request.Path("appserviceId"))
        {
            throw new MatrixException(MatrixError.Forbidden, "The access token is not this application service's");
        }

        if (service.Url is null)
        {
            throw new MatrixException(MatrixError.UrlNotSet, "The application service has no URL");
        }

        var txn = JsonMembers.Text(await request.OptionalJsonObject(), "transaction_id");
        var outcome = await request.Grains.GetGrain<IAppServiceCallsGrain>(service.Id).Ping(txn);
        if (outcome.Status == 0)
        {
            throw new MatrixException(MatrixError.ConnectionFailed, "The application service cannot be reached");
        }

        return outcome.Status is >= 200 and < 300
            ? Answer.Of(new { outcome.DurationMs })
            : Answer.Of(new { Errcode = MatrixError.BadStatus.Code, Error = $"The application service answered {outcome.Status}", outcome.Status, outcome.Body }, MatrixError.BadStatus.Status);
    }
}
