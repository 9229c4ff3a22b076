using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Discovery;

/// <summary>Which versions of the specification are served. Every one is listed: clients look for exact members.</summary>
internal static class GetVersions
{
    private static readonly Answer Versions = Answer.Of(new
    {
        Versions = (string[])["r0.6.1", .. Enumerable.Range(1, 19).Select(minor => $"v1.{minor}")],
        UnstableFeatures = new Dictionary<string, bool>
        {
            // Only what works: a client takes a flag at its word.
            ["org.matrix.msc2285.stable"] = true,
            ["org.matrix.msc3440.stable"] = true,
            ["org.matrix.msc3771"] = true,
            ["org.matrix.msc3773"] = true,
            ["org.matrix.msc3026.busy_presence"] = true,
            ["org.matrix.msc4108"] = true,
            ["org.matrix.msc4140"] = true,
            ["org.matrix.msc4143"] = true,
            ["org.matrix.msc3814"] = true,
            ["org.matrix.msc3881"] = true,
            ["org.matrix.msc4028"] = true,
            ["org.matrix.msc4222"] = true,
            ["org.matrix.simplified_msc3575"] = true,
            ["org.matrix.msc4306"] = true,
            ["org.matrix.msc3827.stable"] = true,
            ["org.matrix.msc3030"] = true,
            ["org.matrix.msc3391"] = true,
            ["org.matrix.msc3912"] = true,
            ["org.matrix.msc4155"] = true,
            ["org.matrix.msc4380.stable"] = true,
            ["fi.mau.msc2815"] = true,
            ["uk.half-shot.msc2666.query_mutual_rooms"] = true,
            ["uk.half-shot.msc2666.query_mutual_rooms.stable"] = true,
            ["uk.timedout.msc4491.create_room_invite_reasons"] = true,
            ["com.beeper.msc4446"] = true,
            ["com.beeper.msc4169"] = true,
            ["fi.mau.msc2659.stable"] = true,
            ["uk.tcpip.msc4133"] = true,
            ["uk.tcpip.msc4133.stable"] = true,
        },
    });

    public static readonly Endpoint Endpoint = new("getVersions", "GET", "/_matrix/client/versions", Access.Anybody, _ => ValueTask.FromResult(Versions));
}
