using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Sync.Sliding;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Users;

/// <summary>The threads that a user follows. Writes come one after another, since each looks at what is there.</summary>
public sealed class ThreadSubscriptionsGrain(Database database) : Grain, IThreadSubscriptionsGrain
{
    private static readonly MatrixError NotInThread = new("IO.ELEMENT.MSC4306.M_NOT_IN_THREAD", 400);
    private static readonly MatrixError ConflictingUnsubscription = new("IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION", 409);

    private readonly UserLog _log = new(database);
    private UserId _user;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _user = UserId.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public async ValueTask<bool> Get(RoomId room, EventId root) =>
        await database.ThreadSubscriptions.Get(_user, await Nid(room), root) is { IsSubscribed: true } row ? row.IsAutomatic : throw NotFound("There is no subscription to this thread");

    public async ValueTask Subscribe(RoomId room, EventId root, EventId? cause)
    {
        var nid = await Nid(room);
        var known = await database.ThreadSubscriptions.Get(_user, nid, root);
        if (cause is { } id)
        {
            var seq = await PlaceInThread(nid, root, id);
            if (known is { IsSubscribed: true })
            {
                // What the user chose stays.
                return;
            }

            if (known?.UnsubscribedSeq >= seq)
            {
                throw new MatrixException(ConflictingUnsubscription, "The user unsubscribed from the thread after that event");
            }
        }
        else if (known is { IsSubscribed: true, IsAutomatic: false })
        {
            return;
        }

        await _log.Write([new ThreadSubscriptionSet(_user.Value, nid, root.Value, Subscribed: true, Automatic: cause is not null, known?.UnsubscribedSeq)]);
    }

    public async ValueTask Unsubscribe(RoomId room, EventId root)
    {
        var nid = await Nid(room);
        if (await database.ThreadSubscriptions.Get(_user, nid, root) is { IsSubscribed: true })
        {
            var newest = (await database.Rooms.LoadHead(nid)).LastRoomSeq;
            await _log.Write([new ThreadSubscriptionSet(_user.Value, nid, root.Value, Subscribed: false, Automatic: false, newest)]);
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> Changes(long after, long upto, int limit)
    {
        var changes = await ThreadChanges.Read(database, _user, after, upto, limit);
        var buffer = new ByteBuffer(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            changes.Write(writer, "end");
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private async ValueTask<long> PlaceInThread(long nid, EventId root, EventId cause)
    {
        var stored = await database.Rooms.EventById(nid, cause);
        return stored is { RoomSeq: { } seq } && stored.ThreadRoot == root.Value ? seq : throw new MatrixException(NotInThread, "The event is not in this thread");
    }

    private async ValueTask<long> Nid(RoomId room) => (await database.Rooms.Find(room))?.Nid ?? throw NotFound("There is no such room");

    private static MatrixException NotFound(string text) => new(MatrixError.NotFound, text);
}
