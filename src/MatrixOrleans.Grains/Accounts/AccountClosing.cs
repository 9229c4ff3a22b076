using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Keys;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>What is left to do when an account has ended: its rooms, and its data.</summary>
public sealed partial class AccountClosing(Database database, LogDebts debts, TimeProvider time, IGrainFactory grains, ILogger<AccountClosing> log)
{
    /// <summary>Rooms that are left at the same time.</summary>
    private const int LeavesAtOnce = 8;

    /// <summary>Tries for one room, where the answer is that it may be tried again.</summary>
    private const int TriesMax = 4;

    /// <summary>The data first: as long as there are rooms, <see cref="ClosingResumption"/> knows that this was not finished.</summary>
    public async Task Close(UserId user, bool erase)
    {
        await Clear(user, erase);
        await Leave(user);
    }

    /// <summary>Leaves every room, and declines every invite and knock. A room that refuses stops nothing.</summary>
    private async Task Leave(UserId user)
    {
        foreach (var some in (await database.Memberships.OfUser(user)).Chunk(LeavesAtOnce))
        {
            await Task.WhenAll(some.Select(membership => Leave(user, membership.RoomId)));
        }
    }

    /// <summary>Takes the profile away; with <paramref name="erase"/> the account data and all uploads too.</summary>
    private async Task Clear(UserId user, bool erase)
    {
        // The devices went with the account.
        await debts.Settle(user);
        var entries = new List<UserEntry>();
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

            await database.MediaUpkeep.RemoveOf(user, time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        if (entries.Count > 0)
        {
            await database.Writer.Append(new AppendUnit { Users = entries });
        }
    }

    private async Task Leave(UserId user, RoomId room)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await grains.GetGrain<IRoomGrain>(room.Value).ChangeMembership(new MembershipRequest { Action = MembershipAction.Leave, Sender = user, Target = user });
                return;
            }
            catch (Exception failure) when (attempt < TriesMax && (failure is TimeoutException || (failure is MatrixException { Code.Status: >= 500 or 429 })))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), time);
            }
            catch (Exception failure) when (failure is MatrixException or TimeoutException)
            {
                LogLeave(log, failure, user, room);
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The deactivated {User} could not leave {Room}")]
    private static partial void LogLeave(ILogger log, Exception failure, UserId user, RoomId room);
}
