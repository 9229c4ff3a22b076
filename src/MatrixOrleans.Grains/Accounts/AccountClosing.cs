using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>What is left to do when an account has ended: its rooms, and its data.</summary>
public sealed partial class AccountClosing(Database database, IGrainFactory grains, ILogger<AccountClosing> log)
{
    /// <summary>Rooms that are left at the same time.</summary>
    private const int LeavesAtOnce = 8;

    /// <summary>Leaves every room, and declines every invite and knock. A room that refuses stops nothing.</summary>
    public async Task Leave(UserId user)
    {
        foreach (var some in (await database.Memberships.OfUser(user)).Chunk(LeavesAtOnce))
        {
            await Task.WhenAll(some.Select(membership => Leave(user, membership.RoomId)));
        }
    }

    /// <summary>Takes the profile away; with <paramref name="erase"/> the account data too.</summary>
    public async Task Clear(UserId user, bool erase)
    {
        List<UserEntry> entries = [new DeviceListChanged(user.Value)];
        foreach (var field in await database.Profiles.Get(user))
        {
            entries.Add(new ProfileSet(user.Value, field.Field, null));
        }

        if (erase)
        {
            foreach (var row in await database.AccountData.All(user))
            {
                entries.Add(new AccountDataSet(user.Value, row.RoomNid, null, row.Type, null));
            }
        }

        await database.Writer.Append(new AppendUnit { Users = entries });
    }

    private async Task Leave(UserId user, RoomId room)
    {
        try
        {
            await grains.GetGrain<IRoomGrain>(room.Value).ChangeMembership(new MembershipRequest { Action = MembershipAction.Leave, Sender = user, Target = user });
        }
        catch (Exception failure) when (failure is MatrixException or TimeoutException)
        {
            LogLeave(log, failure, user, room);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The deactivated {User} could not leave {Room}")]
    private static partial void LogLeave(ILogger log, Exception failure, UserId user, RoomId room);
}
