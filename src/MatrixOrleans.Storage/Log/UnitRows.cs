using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>Takes rows column by column, in the order that the table declares.</summary>
internal abstract class RowSink
{
    public abstract void Start(InsertTable table);

    /// <summary>The unit's first position plus <paramref name="offset"/>.</summary>
    public abstract void Position(long? offset);

    public abstract void Number(long? value);

    public abstract void Text(string? value);

    public abstract void Blob(ReadOnlyMemory<byte>? value);

    public abstract void End();
}

/// <summary>Turns a unit into rows. What a database does with the rows is the sink's business.</summary>
internal static class UnitRows
{
    public const int PartCount = 64;

    /// <summary>How many positions the unit takes.</summary>
    public static int PositionCount(AppendUnit unit)
    {
        var count = unit.Users.Count;
        if (unit.Room is { } room)
        {
            foreach (var entry in room.Entries)
            {
                count += TakesPosition(entry) ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Backfilled history has a place in the room and none in the log.</summary>
    public static bool TakesPosition(RoomEntry entry) => !(entry.Kind == LogKind.Event && entry.RoomSeq < 0);

    /// <exception cref="ArgumentException">The unit could never be written.</exception>
    public static void Check(AppendUnit unit)
    {
        foreach (var entry in unit.Room?.Entries ?? [])
        {
            if (entry.Class == EventClass.Outlier)
            {
                throw new ArgumentException("An outlier has no entry; it goes to RoomAppend.Outliers");
            }

            if (entry.Event is { } body && body.Nid != entry.EventNid)
            {
                throw new ArgumentException("EventNid differs from the number of the event's body");
            }

            if (entry.Kind is LogKind.Gap or LogKind.GapFilled or LogKind.Purge && entry.RoomSeq is null)
            {
                throw new ArgumentException("A gap or a purge lies before a room_seq");
            }

            if (entry.Deltas.Count > 0 && !TakesPosition(entry))
            {
                throw new ArgumentException("Backfill changes no current state");
            }

            if (entry.EventNid == 0 && (entry.Kind == LogKind.Event || entry.Relation is not null || entry.RedactsEventId is not null))
            {
                throw new ArgumentException("An entry about an event names it");
            }
        }
    }

    /// <summary>A rough size in bytes, for limits.</summary>
    public static int Size(AppendUnit unit)
    {
        var size = 256 + (128 * unit.Users.Count);
        if (unit.Room is { } room)
        {
            foreach (var entry in room.Entries)
            {
                size += 256 + (entry.Event?.Json.Length ?? 0) + (64 * entry.Deltas.Count);
            }

            foreach (var node in room.Nodes)
            {
                size += 32 + node.Bytes.Length;
            }

            foreach (var outlier in room.Outliers)
            {
                size += 128 + outlier.Json.Length;
            }
        }

        return size;
    }

    /// <summary>Rows that may stay whatever becomes of the unit.</summary>
    public static void Bodies(AppendUnit unit, RowSink sink)
    {
        if (unit.Room is { } room)
        {
            foreach (var outlier in room.Outliers)
            {
                Body(sink, room.RoomNid, outlier);
            }

            foreach (var entry in room.Entries)
            {
                if (entry.Event is { } body)
                {
                    Body(sink, room.RoomNid, body);
                }
            }

            foreach (var node in room.Nodes)
            {
                sink.Start(Tables.StateNodes);
                sink.Number(room.RoomNid);
                sink.Number(node.Id);
                sink.Blob(node.Bytes);
                sink.End();
            }
        }
    }

    /// <summary>Whether <see cref="NewRooms"/> is worth asking.</summary>
    public static bool MayMakeRooms(AppendUnit unit) => unit.Users.Count > 0 || unit.Room is { Create: not null };

    /// <summary>The rooms that the unit makes or makes known: their id must not be known under another number.</summary>
    public static IEnumerable<(string Id, long Nid)> NewRooms(AppendUnit unit)
    {
        if (unit.Room is { Create: not null } room)
        {
            yield return (room.RoomId.Value, room.RoomNid);
        }

        foreach (var set in unit.Users.OfType<MembershipSet>())
        {
            if (set.Stub is not null)
            {
                yield return (set.RoomId, set.RoomNid);
            }
        }
    }

    public static void Placed(AppendUnit unit, RowSink sink)
    {
        var offset = 0L;
        if (unit.Room is { } room)
        {
            if (room.Create is { } create)
            {
                Room(sink, room.RoomNid, room.RoomId.Value, create);
            }

            var version = room.FirstVersion;
            foreach (var entry in room.Entries)
            {
                long? position = TakesPosition(entry) ? offset++ : null;
                RoomRows.Write(sink, room, entry, version++, position);
            }
        }

        foreach (var user in unit.Users)
        {
            if (user is MembershipSet { Stub: { } stub } set)
            {
                Room(sink, set.RoomNid, set.RoomId, stub);
            }

            UserRows.Write(sink, user, offset++);
        }
    }

    public static void Txn(TxnRecord txn, RowSink sink, InsertTable table)
    {
        sink.Start(table);
        sink.Text(txn.Key);
        sink.Text(txn.Answer);
        sink.Number(txn.CreatedMs);
        sink.End();
    }

    private static void Room(RowSink sink, long nid, string id, NewRoom create)
    {
        sink.Start(Tables.Rooms);
        sink.Number(nid);
        sink.Text(id);
        sink.Text(create.Version);
        sink.Text(create.CreateEventId?.Value);
        sink.Number(create.Federate ? 1 : 0);
        sink.Text(create.Tenant.Value);
        sink.Number(create.CreatedMs);
        sink.End();
    }

    private static void Body(RowSink sink, long roomNid, EventRecord body)
    {
        sink.Start(Tables.Events);
        sink.Number(body.Nid);
        sink.Number(roomNid);
        sink.Text(body.Id.Value);
        sink.Text(body.Type);
        sink.Text(body.StateKey);
        sink.Text(body.Sender.Value);
        sink.Number(body.OriginServerTs);
        sink.Number(body.Depth);
        sink.Blob(body.Json);
        sink.Blob(Edges.Pack(body.Prev, body.Auth));
        sink.End();
        if (body.StateKey is null)
        {
            return;
        }

        foreach (var cited in body.Auth)
        {
            sink.Start(Tables.AuthCitations);
            sink.Number(roomNid);
            sink.Number(Citations.Number(cited));
            sink.Number(body.Nid);
            sink.End();
        }
    }
}

/// <summary>
/// The prev_events and auth_events of an event as bytes: the number of the former, then every id. An id that is a hash takes 33 bytes
/// instead of 44.
/// </summary>
internal static class Edges
{
    private const byte UrlSafeHash = 0;
    private const int StackBytesMax = 2048;

    public static byte[] Pack(ImmutableArray<EventId> prev, ImmutableArray<EventId> auth)
    {
        prev = prev.IsDefault ? [] : prev;
        auth = auth.IsDefault ? [] : auth;
        var length = 5;
        foreach (var id in prev)
        {
            length += id.Value.Length * 3;
        }

        foreach (var id in auth)
        {
            length += id.Value.Length * 3;
        }

        Span<byte> buffer = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : new byte[length];
        var at = Varint.Write(buffer, 0, prev.Length);
        foreach (var id in prev)
        {
            at = Write(buffer, at, id.Value);
        }

        foreach (var id in auth)
        {
            at = Write(buffer, at, id.Value);
        }

        return buffer[..at].ToArray();
    }

    public static (ImmutableArray<EventId> Prev, ImmutableArray<EventId> Auth) Unpack(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        var prevCount = (int)Varint.Read(bytes, ref at);
        var ids = ImmutableArray.CreateBuilder<EventId>();
        while (at < bytes.Length)
        {
            var length = bytes[at++];
            if (length == UrlSafeHash)
            {
                ids.Add(EventId.Parse("$" + Base64Url.EncodeToString(bytes.Slice(at, 32))));
                at += 32;
            }
            else
            {
                ids.Add(EventId.Parse(Encoding.UTF8.GetString(bytes.Slice(at, length))));
                at += length;
            }
        }

        return ([.. ids.Take(prevCount)], [.. ids.Skip(prevCount)]);
    }

    private static int Write(Span<byte> buffer, int at, string id)
    {
        Span<byte> hash = stackalloc byte[33];
        Span<char> again = stackalloc char[43];
        if (id.Length == 44 && !id.AsSpan().ContainsAny('+', '/', ':')
            && Base64Url.TryDecodeFromChars(id.AsSpan(1), hash, out var written) && written == 32
            && Base64Url.TryEncodeToChars(hash[..32], again, out _) && again.SequenceEqual(id.AsSpan(1)))
        {
            buffer[at++] = UrlSafeHash;
            hash[..32].CopyTo(buffer[at..]);
            return at + 32;
        }

        var length = Encoding.UTF8.GetBytes(id, buffer[(at + 1)..]);
        buffer[at] = (byte)length;
        return at + 1 + length;
    }
}
