using MatrixOrleans.Contracts.Delayed;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Delayed;

/// <summary>
/// Cancels a delayed event, begins its delay anew or sends it now (MSC4140). The delay id is a secret that a client may hand to others: no log-in
/// is asked for.
/// </summary>
internal static class UpdateDelayedEvent
{
    public static readonly Endpoint Endpoint = new("updateDelayedEvent", "POST", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}/{action}", Access.Anybody, request => Update(request, request.Path("action")))
    {
        AlsoPaths = ["/_matrix/client/v1/delayed_events/{delayId}/{action}"],
    };

    /// <summary>The older form, with the action in the body.</summary>
    public static readonly Endpoint WithBody = new("updateDelayedEventWithBody", "POST", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Access.Anybody, async request =>
        await Update(request, JsonMembers.Text(await request.JsonObject(), "action")));

    private static async ValueTask<Answer> Update(ClientRequest request, string? action)
    {
        var id = request.Path("delayId");
        await request.Grains.GetGrain<IDelayedEventsGrain>(IDelayedEventsGrain.ShardOf(id)).Update(id, Delaying.Action(action));
        return Answer.Empty;
    }
}
