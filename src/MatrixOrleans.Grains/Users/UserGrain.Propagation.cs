using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Rooms;
using MatrixOrleans.Storage.Users;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Users;

/// <summary>
/// Takes a new display name or avatar into the user's rooms (Client-Server API, "Events on Change of Profile Information"). Rows say which changes are
/// still owed; a room that shows the change already needs nothing, so a pass may be cut off anywhere and begun again.
/// </summary>
public sealed partial class UserGrain
{
    /// <summary>Rooms that are written to at once.</summary>
    private const int RoomsAtOnce = 4;

    /// <summary>Tries for one room, where the answer is that it may be tried again.</summary>
    private const int TriesMax = 5;

    /// <summary>Changes that are noted and not yet written.</summary>
    private int _changing;

    private IGrainTimer? _propagation;

    /// <summary>Goes on beside the grain's calls, and keeps the grain alive.</summary>
    private void BeginPropagation()
    {
        _propagation ??= this.RegisterGrainTimer(
            Propagate,
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
    }

    private async Task Propagate(CancellationToken cancel)
    {
        try
        {
            // A change that comes in meanwhile writes its row anew, and is met by the next pass.
            while (await database.ProfilePropagations.Of(_user) is { Count: > 0 } owed)
            {
                if (_changing > 0)
                {
                    // The row is there, the change it stands for not yet; whoever makes it begins again.
                    return;
                }

                var names = await Names();
                var rooms = new Queue<MembershipRow>((await database.Memberships.OfUser(_user)).Where(r => r.Membership == Membership.Join));
                await Task.WhenAll(Enumerable.Range(0, RoomsAtOnce).Select(_ => Drain(rooms, owed, names, cancel)));
                await database.ProfilePropagations.Remove(owed);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The rows stay; the next activation goes on.
        }
        finally
        {
            _propagation?.Dispose();
            _propagation = null;
        }
    }

    /// <summary>Room after room from what all of the pass share; the grain's turns keep the queue whole.</summary>
    private async Task Drain(
        Queue<MembershipRow> rooms, IReadOnlyList<ProfilePropagationRow> owed, (string? DisplayName, string? AvatarUrl) names, CancellationToken cancel)
    {
        while (rooms.TryDequeue(out var room))
        {
            await PropagateInto(room, owed, names, cancel);
        }
    }

    private async ValueTask<(string? DisplayName, string? AvatarUrl)> Names()
    {
        var fields = await database.Profiles.Get(_user);
        return (Text(ProfileFields.DisplayName), Text(ProfileFields.AvatarUrl));

        string? Text(string field) => ProfileFields.TextOf(fields.FirstOrDefault(f => f.Field == field)?.Json);
    }

    private async Task PropagateInto(
        MembershipRow room, IReadOnlyList<ProfilePropagationRow> owed, (string? DisplayName, string? AvatarUrl) names, CancellationToken cancel)
    {
        var displayName = Next(owed, ProfileFields.DisplayName, room.DisplayName, names.DisplayName);
        var avatarUrl = Next(owed, ProfileFields.AvatarUrl, room.AvatarUrl, names.AvatarUrl);
        if (displayName == room.DisplayName && avatarUrl == room.AvatarUrl)
        {
            return;
        }

        var request = new MembershipRequest { Action = MembershipAction.Join, Sender = _user, Target = _user, DisplayName = displayName, AvatarUrl = avatarUrl, OnlyIfJoined = true };
        for (var attempt = 1; ; attempt++)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                await GrainFactory.GetGrain<IRoomGrain>(room.RoomId.Value).ChangeMembership(request);
                return;
            }
            catch (Exception e) when (attempt < TriesMax && (e is TimeoutException || (e is MatrixException refusal && MayTryAgain(refusal.Code))))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250 << attempt), time, cancel);
            }
            catch (MatrixException e)
            {
                // The room does not let the user, or will not now: the pass goes on with the others.
                LogRefused(log, _user.Value, room.RoomId.Value, e.Code.Code);
                return;
            }
        }
    }

    private static bool MayTryAgain(MatrixError code) => code.Status >= 500 || code == MatrixError.LimitExceeded;

    /// <summary>What the room is to show of one field.</summary>
    private static string? Next(IReadOnlyList<ProfilePropagationRow> owed, string field, string? shown, string? wanted)
    {
        var row = owed.FirstOrDefault(r => r.Field == field);
        return row is null || (row.OnlyUnchanged && shown != row.OldValue) ? shown : wanted;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The new profile of {UserId} does not go into {RoomId}: {Code}")]
    private static partial void LogRefused(ILogger logger, string userId, string roomId, string code);
}
