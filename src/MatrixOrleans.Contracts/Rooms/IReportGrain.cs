using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Keeps what users report to the administrators (Client-Server API, "Reporting Content"); a stateless worker, key 0.</summary>
[Alias("IReportGrain")]
public interface IReportGrain : IGrainWithIntegerKey
{
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND for those who are not joined, and for events that they may not see.</exception>
    [Alias("ReportEvent")]
    ValueTask ReportEvent(Viewer reporter, RoomId room, EventId id, string? reason, int? score);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND</exception>
    [Alias("ReportRoom")]
    ValueTask ReportRoom(UserId reporter, RoomId room, string reason);

    /// <summary>A report of somebody who is not known here is dropped: nobody learns who has an account.</summary>
    [Alias("ReportUser")]
    ValueTask ReportUser(UserId reporter, UserId user, string reason);
}
