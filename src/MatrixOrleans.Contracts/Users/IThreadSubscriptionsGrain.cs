using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Users;

/// <summary>The threads that a user follows (MSC4306, MSC4308); key: user id. Who calls has made sure that the user may see the thread.</summary>
[Alias("IThreadSubscriptionsGrain")]
public interface IThreadSubscriptionsGrain : IGrainWithStringKey
{
    /// <summary>Whether the subscription was made automatically.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND when there is none.</exception>
    [Alias("Get")]
    ValueTask<bool> Get(RoomId room, EventId root);

    /// <param name="cause">The event in the thread that made the client subscribe by itself; <c>null</c> when the user did.</param>
    /// <exception cref="Protocol.Errors.MatrixException">IO.ELEMENT.MSC4306.M_NOT_IN_THREAD; IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION when the user unsubscribed after the cause.</exception>
    [Alias("Subscribe")]
    ValueTask Subscribe(RoomId room, EventId root, EventId? cause);

    [Alias("Unsubscribe")]
    ValueTask Unsubscribe(RoomId room, EventId root);

    /// <summary>Changes with positions in (<paramref name="after"/>, <paramref name="upto"/>], the newest first, as the body of the catch-up operation.</summary>
    [Alias("Changes")]
    ValueTask<ReadOnlyMemory<byte>> Changes(long after, long upto, int limit);
}
