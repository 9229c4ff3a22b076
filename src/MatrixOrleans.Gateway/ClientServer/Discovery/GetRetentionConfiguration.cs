using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Discovery;

/// <summary>How long events are kept (MSC1763): this server removes none because of their age, and sets rooms no bounds for that.</summary>
internal static class GetRetentionConfiguration
{
    private static readonly Answer Nothing = Answer.Text("""{"policies":{},"limits":{}}""");

    public static readonly Endpoint Endpoint = new(
        "getRetentionConfiguration (MSC1763)", "GET", "/_matrix/client/unstable/org.matrix.msc1763/retention/configuration", Access.User, _ => ValueTask.FromResult(Nothing));
}
