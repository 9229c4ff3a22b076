using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Where acknowledged commits may have been lost (a restore, a fail-over, a power cut without flushes), clients may hold positions that would be
/// given again. The positions then jump ahead, far past any of them, before the first append (DESIGN 4.5).
/// </summary>
internal static class PositionJump
{
    public const long Distance = 1 << 20;

    public static async ValueTask Write(SqlSession session) =>
        await session.Execute(
            "insert into log (pos, part, kind) select max(pos) + @distance, 0, @kind from log having max(pos) > 0",
            ("distance", Distance),
            ("kind", (long)LogKind.Jump)).ConfigureAwait(false);
}
