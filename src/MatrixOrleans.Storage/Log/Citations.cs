using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>The index of who has whom among its <c>auth_events</c>, of state events only: state resolution asks nothing else.</summary>
internal static class Citations
{
    /// <summary>64 bits that stand for an event id. Two ids may share them: whoever reads the index looks at the events.</summary>
    public static long Number(EventId id)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(id.Value), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    /// <summary>Writes the rows of a body that has just been stored, unless it was stored under another number before.</summary>
    public static async ValueTask Write(WriteSession session, long roomNid, EventRecord body)
    {
        if (body.StateKey is null)
        {
            return;
        }

        foreach (var cited in body.Auth)
        {
            await session.Execute(
                """
                insert into auth_citations (room_nid, cited, citing_nid)
                select @room, @cited, @nid where exists (select 1 from events where nid = @nid) on conflict do nothing
                """,
                ("room", roomNid),
                ("cited", Number(cited)),
                ("nid", body.Nid)).ConfigureAwait(false);
        }
    }
}
