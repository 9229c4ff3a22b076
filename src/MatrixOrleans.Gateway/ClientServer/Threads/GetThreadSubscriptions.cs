using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Protocol.Sync.Sliding;

namespace MatrixOrleans.Gateway.ClientServer.Threads;

/// <summary>Changes of thread subscriptions that a sync had no room for, the newest first (MSC4308).</summary>
internal static class GetThreadSubscriptions
{
    private const int LimitDefault = 100;
    private const int LimitMax = 1_000;

    public static readonly Endpoint Endpoint = new("getThreadSubscriptions", "GET", "/_matrix/client/unstable/io.element.msc4308/thread_subscriptions", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        if (request.Query("dir") is not (null or "b"))
        {
            throw new MatrixException(MatrixError.InvalidParam, "dir must be b");
        }

        var limit = Math.Max(1, request.QueryInteger("limit", LimitDefault, LimitMax));
        return new Answer(await request.Grains.GetGrain<IThreadSubscriptionsGrain>(request.User.Value).Changes(Position(request, "to") ?? -1, Position(request, "from") ?? long.MaxValue, limit));
    }

    /// <summary>A token of this operation, or of any sync.</summary>
    private static long? Position(ClientRequest request, string name)
    {
        if (request.Query(name) is not { Length: > 0 } text)
        {
            return null;
        }

        return ExtensionToken.TryParse(text, out var position) ? position
            : SlidingPos.TryParse(text, out var pos) ? pos.LogPosition
            : SyncToken.TryParse(text, out var sync) ? sync.LogPosition
            : throw new MatrixException(MatrixError.InvalidParam, $"{name} is no token of this server");
    }
}
