using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Stores reports; reading them is the administrators' business.</summary>
[StatelessWorker]
public sealed class ReportGrain(Database database, TimeProvider time) : Grain, IReportGrain
{
    public async ValueTask ReportEvent(Viewer reporter, RoomId room, EventId id, string? reason, int? score)
    {
        if (await database.Rooms.Find(room) is not { } known || (await database.Memberships.Get(known.Nid, reporter.User))?.Membership != Membership.Join)
        {
            throw NotFound();
        }

        // Throws M_NOT_FOUND for what the user may not see.
        await GrainFactory.GetGrain<IRoomReaderGrain>(room.Value).Event(reporter, id);
        await Add(new ReportRow(0, ReportKind.Event, reporter.User, room, id, null, reason, score, NowMs));
    }

    public async ValueTask ReportRoom(UserId reporter, RoomId room, string reason)
    {
        _ = await database.Rooms.Find(room) ?? throw new MatrixException(MatrixError.NotFound, "The room was not found.");
        await Add(new ReportRow(0, ReportKind.Room, reporter, room, null, null, reason, null, NowMs));
    }

    public async ValueTask ReportUser(UserId reporter, UserId user, string reason)
    {
        if (await database.Accounts.Get(user) is not null || (await database.Memberships.History(user)).Count > 0)
        {
            await Add(new ReportRow(0, ReportKind.User, reporter, null, null, user, reason, null, NowMs));
        }
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async ValueTask Add(ReportRow report) => await database.Reports.Add(report);

    private static MatrixException NotFound() => new(MatrixError.NotFound, "The event was not found or you are not joined to the room.");
}
