using System.Text;
using MatrixOrleans.Storage.Sql;
using Npgsql;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Notices that the database is not the one it was: another system or timeline after a restore or fail-over, and, where commits are flushed late,
/// another start of the server. Positions then jump ahead once, whoever connects first (DESIGN 4.5).
/// </summary>
internal static class ServerIdentity
{
    public static async ValueTask Check(PostgresSession session, NpgsqlConnection connection, bool withStart, CancellationToken cancel)
    {
        var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await session.Execute(PostgresBatch.AppendLock).ConfigureAwait(false);
            var known = await session.First("select value from database_info where name = 'server'", static reader => reader.Bytes(0)).ConfigureAwait(false);
            var parts = await session.First(
                """
                select (select system_identifier from pg_control_system())::text, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), pg_postmaster_start_time()::text
                """,
                static reader => (System: reader.GetString(0), Timeline: reader.GetString(1), Start: reader.GetString(2))).ConfigureAwait(false);
            var identity = $"{parts.System}/{parts.Timeline}";
            var start = withStart ? parts.Start : "";
            var before = known is null ? null : Encoding.UTF8.GetString(known).Split('|');
            if (before is not null && (before[0] != identity || (withStart && before[1].Length > 0 && before[1] != start)))
            {
                await PositionJump.Write(session).ConfigureAwait(false);
            }

            if (before is null || before[0] != identity || before[1] != start)
            {
                await session.Execute(
                    "insert into database_info (name, value) values ('server', @value) on conflict (name) do update set value = excluded.value",
                    ("value", Encoding.UTF8.GetBytes($"{identity}|{start}"))).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancel).ConfigureAwait(false);
        }
    }
}
