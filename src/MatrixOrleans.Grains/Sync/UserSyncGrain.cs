using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Presence;
using MatrixOrleans.Grains.Sync.Sliding;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync;

/// <summary>
/// Answers the syncs of one user (DESIGN 4.3): from the tail of the log for a live client, from storage for everything older. It remembers
/// memberships, unread counts and what was lazily sent; all of it can be made anew, so a second activation does no harm.
/// </summary>
/// <remarks>
/// <code>
///   bring memberships and rules to the watermark ─> build (since, watermark] ─> anything in it? answer
///                                                                            └─> nothing: wait for a signal, again
/// </code>
/// Calls interleave. Memberships and counts are advanced under one gate; everything else of a call is its own.
/// </remarks>
public sealed class UserSyncGrain(Database database, Tail tail, PresenceBoard board, RoomWindows windows, RoomKinds kinds, TimeProvider time) : Grain, IUserSyncGrain
{
    private const string PushRulesType = "m.push_rules";
    private const string IgnoredUsersType = "m.ignored_user_list";

    /// <summary>Slices of a wait are as long as the heartbeat: one that comes a little early counts.</summary>
    private const int PresenceSlackMs = 1_000;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, LazyMembers> _lazy = [];
    private readonly Dictionary<string, CancellationTokenSource> _waits = [];
    private readonly Dictionary<string, KeyCounts> _keys = [];
    private readonly Dictionary<string, AnswerPace> _paces = [];
    private readonly Dictionary<string, (PresenceState State, long At)> _presence = [];
    private readonly HashSet<long> _subscribed = [];
    private readonly SlidingConnections _connections = new();
    private UserId _user;
    private ToDeviceInbox _inbox = null!;
    private UserRooms _rooms = null!;
    private RoomTouches _touches = null!;
    private UnreadCounts _unread = null!;
    private SyncSubscriber _subscriber = null!;
    private RoomActivity _activity = null!;
    private RoomTraits _traits = null!;
    private long _dataPosition = -1;
    private (string? Text, SyncFilter Filter) _filter = (null, SyncFilter.Default);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _user = UserId.Parse(this.GetPrimaryKeyString());
        _inbox = new ToDeviceInbox(_user, database, tail);
        _rooms = new UserRooms(_user, database, tail);
        _touches = new RoomTouches(database, tail);
        _unread = new UnreadCounts(_user, database, tail, windows);
        _activity = new RoomActivity(database, tail);
        _traits = new RoomTraits(_user, _rooms, kinds, windows, database, tail);
        _subscriber = new SyncSubscriber(_user.Value);
        tail.Subscribe(_subscriber);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        tail.Unsubscribe(_subscriber, _subscribed);
        foreach (var wait in _waits.Values)
        {
            wait.Cancel();
        }

        return Task.CompletedTask;
    }

    public async ValueTask<SyncAnswer> Sync(SyncRequest request, CancellationToken cancel)
    {
        SyncToken? since = null;
        if (request.Since is not null)
        {
            since = SyncToken.TryParse(request.Since, out var token) ? token : throw new MatrixException(MatrixError.InvalidParam, "since is no token of this server");
            if (token.LogPosition > tail.Watermark)
            {
                // From a log that this database does not hold: the client starts anew and misses nothing.
                since = null;
            }
        }

        var filter = Filter(request.Filter);
        return await Waiting(request.DeviceId ?? "", cancel, async token =>
        {
            if (since is { } presented && request.DeviceId is { } presenter)
            {
                await _inbox.Acknowledge(presenter, presented.ToDevicePosition);
            }

            await TellPresence(request.DeviceId ?? "", request.SetPresence);
            return await Answer(request.DeviceId ?? "", request.WaitMs, since is not null && !request.FullState, () => Build(request, since, filter), token);
        });
    }

    public async ValueTask<SyncAnswer> SlidingSync(SlidingSyncRequest request, CancellationToken cancel)
    {
        var body = SlidingBody.Read(JsonElement.Parse(request.Body.Span), request.Shape, _user);
        var device = request.DeviceId ?? "";
        var (connection, told) = _connections.Open(device, body.ConnectionId, request.Pos);
        return await Waiting($"{device}\0{body.ConnectionId}", cancel, async token =>
        {
            await TellPresence(device, request.SetPresence);
            return await Answer(device, request.WaitMs, !told.IsNew, () => BuildSliding(request, body, connection, told), token);
        });
    }

    /// <summary>One wait per device, or connection of it: the newer ends the older.</summary>
    private async Task<SyncAnswer> Waiting(string who, CancellationToken cancel, Func<CancellationToken, Task<SyncAnswer>> answer)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (_waits.TryGetValue(who, out var older))
        {
            await older.CancelAsync();
        }

        _waits[who] = wait;
        try
        {
            return await answer(wait.Token);
        }
        finally
        {
            if (_waits.TryGetValue(who, out var own) && ReferenceEquals(own, wait))
            {
                _waits.Remove(who);
            }
        }
    }

    /// <summary>Says that the device is there: at once when that is news, else only now and then.</summary>
    private async ValueTask TellPresence(string device, PresenceState? wanted)
    {
        // A sync that wants to be offline does not count as being there; what the device said before stays.
        if (wanted is not { } presence || presence == PresenceState.Offline)
        {
            return;
        }

        var isNews = !_presence.TryGetValue(device, out var told) || told.State != presence;
        if (isNews || time.GetElapsedTime(told.At).TotalMilliseconds >= IPresenceGrain.HeartbeatMs - PresenceSlackMs)
        {
            _presence[device] = (presence, time.GetTimestamp());
            await GrainFactory.GetGrain<IPresenceGrain>(_user.Value).Seen(device, presence);
        }
    }

    public async ValueTask<long> UnreadTotal()
    {
        return await UpToDate(async upto =>
        {
            var total = 0L;
            foreach (var room in _rooms.All.Values.Where(room => room.Membership == Protocol.Events.Membership.Join).ToList())
            {
                var view = await _unread.At(room, upto);
                total += view.Notifications + view.Threads.Values.Sum(thread => (long)thread.Notifications);
            }

            return total;
        });
    }

    private async Task<SyncAnswer> Answer(string device, int waitMsWanted, bool mayWait, Func<Task<(ReadOnlyMemory<byte> Body, bool IsEmpty)>> build, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        var waitMs = Math.Min(waitMsWanted, SyncRequest.WaitMsMax);
        var pace = PaceOf(device);
        if (mayWait && pace.Wait is { } pause && pause > TimeSpan.Zero && pause.TotalMilliseconds < waitMs)
        {
            await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        while (true)
        {
            var seen = _subscriber.Count;
            var (body, isEmpty) = await build();
            var left = TimeSpan.FromMilliseconds(waitMs) - time.GetElapsedTime(started);
            if (!isEmpty || !mayWait || left <= TimeSpan.Zero || cancel.IsCancellationRequested)
            {
                pace.Answered();
                return new SyncAnswer { Body = body, IsEmpty = isEmpty };
            }

            try
            {
                await _subscriber.After(seen).WaitAsync(left, time, cancel);
            }
            catch (TimeoutException)
            {
                return new SyncAnswer { Body = body, IsEmpty = true };
            }
            catch (OperationCanceledException)
            {
                return new SyncAnswer { Body = body, IsEmpty = true };
            }
        }
    }

    private Task<(ReadOnlyMemory<byte> Body, bool IsEmpty)> Build(SyncRequest request, SyncToken? since, SyncFilter filter) => UpToDate(async upto =>
    {
        var context = ContextOf(request, since, filter, upto, LazyOf(request.DeviceId ?? ""));
        return await new SyncBuilder(context, _rooms, _touches, _unread, windows, _inbox, database, tail, board).Build(await KeysOf(request.DeviceId));
    });

    private Task<(ReadOnlyMemory<byte> Body, bool IsEmpty)> BuildSliding(SlidingSyncRequest request, SlidingBody body, SlidingConnection connection, SlidingState told) => UpToDate(async upto =>
    {
        var context = new SlidingContext(
            ContextOf(new SyncRequest { DeviceId = request.DeviceId }, null, SyncFilter.Default, upto, new LazyMembers()),
            body, told, await KeysOf(request.DeviceId), _rooms, _traits, _activity, _unread, _inbox, windows, database, tail);
        var (write, after, isEmpty) = await new SlidingBuilder(context).Build();
        return (write(connection.Add(after)), isEmpty);
    });

    private SyncContext ContextOf(SyncRequest request, SyncToken? since, SyncFilter filter, long upto, LazyMembers lazy) => new()
    {
        User = _user,
        Request = request,
        Filter = filter,
        Since = since,
        Upto = upto,
        Lazy = lazy,
        Ignored = _unread.Ignored,
        NowMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    /// <summary>Builds an answer up to the watermark, with what is remembered brought there; one at a time.</summary>
    private async Task<T> UpToDate<T>(Func<long, Task<T>> build)
    {
        await _gate.WaitAsync();
        try
        {
            // Loading reads what is newer than the watermark it began at: look again until nothing had to be loaded.
            long upto;
            do
            {
                upto = tail.Watermark;
            }
            while (await Advance(upto));

            return await build(upto);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Brings what is remembered to the watermark: memberships, rules, ignored users, own receipts.</summary>
    /// <returns>Whether something was loaded, which may be newer than <paramref name="upto"/>.</returns>
    private async Task<bool> Advance(long upto)
    {
        var loaded = _rooms.MustLoad || _dataPosition < tail.Start;
        if (await _rooms.AdvanceTo(upto))
        {
            Subscribe();
        }

        if (_dataPosition < tail.Start)
        {
            _keys.Clear();
            _unread.ForgetAll();
            TakeRules((await database.AccountData.Get(_user, null, PushRulesType))?.Json);
            _unread.Threads.Clear();
            foreach (var thread in await database.ThreadSubscriptions.OfUser(_user))
            {
                _unread.Threads[(thread.RoomNid, thread.Root)] = thread.IsSubscribed;
            }

            TakeIgnored((await database.AccountData.Get(_user, null, IgnoredUsersType))?.Json);
        }
        else
        {
            foreach (var (_, entry) in tail.UserEntries(_user.Value, _dataPosition, upto))
            {
                switch (entry)
                {
                    case AccountDataSet { RoomNid: null, Type: PushRulesType } rules:
                        TakeRules(rules.Json);
                        break;
                    case AccountDataSet { RoomNid: null, Type: IgnoredUsersType } ignored:
                        TakeIgnored(ignored.Json);
                        break;
                    case ThreadSubscriptionSet thread:
                        _unread.Threads[(thread.RoomNid, thread.Root)] = thread.Subscribed;
                        break;
                    case KeySupplyChanged supply:
                        _keys.Remove(supply.DeviceId);
                        break;
                    case ReceiptSet receipt:
                        _unread.Read(receipt);
                        break;
                    default:
                        break;
                }
            }
        }

        _dataPosition = upto;
        return loaded;
    }

    private void Subscribe()
    {
        List<UserRoom> joined = [];
        foreach (var (nid, room) in _rooms.All)
        {
            if (room.Membership == Protocol.Events.Membership.Join)
            {
                if (_subscribed.Add(nid))
                {
                    joined.Add(room);
                }
            }
            else if (_subscribed.Remove(nid))
            {
                tail.UnsubscribeRoom(_subscriber, nid);
                _unread.Forget(nid);
            }
        }

        tail.SubscribeRooms(_subscriber, joined);
    }

    private void TakeRules(ReadOnlyMemory<byte>? json) =>
        _unread.Rules = json is { } stored ? PushRuleReader.ReadStored(stored.Span) : PushRuleSet.Default;

    private void TakeIgnored(ReadOnlyMemory<byte>? json)
    {
        var ignored = new HashSet<UserId>();
        if (json is { } stored && JsonElement.Parse(stored.Span) is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("ignored_users", out var users) && users.ValueKind == JsonValueKind.Object)
        {
            foreach (var user in users.EnumerateObject())
            {
                if (UserId.TryParse(user.Name, out var id) && id != _user)
                {
                    ignored.Add(id);
                }
            }
        }

        _unread.Ignored = ignored;
    }

    /// <summary>A client says the same again and again.</summary>
    private SyncFilter Filter(string? text)
    {
        if (text is null)
        {
            return SyncFilter.Default;
        }

        if (_filter.Text != text)
        {
            _filter = (text, SyncFilter.Parse(Encoding.UTF8.GetBytes(text)));
        }

        return _filter.Filter;
    }

    private AnswerPace PaceOf(string device)
    {
        if (!_paces.TryGetValue(device, out var pace))
        {
            _paces[device] = pace = new AnswerPace(time);
        }

        return pace;
    }

    private LazyMembers LazyOf(string device)
    {
        if (!_lazy.TryGetValue(device, out var lazy))
        {
            _lazy[device] = lazy = new LazyMembers();
        }

        return lazy;
    }

    private async ValueTask<KeyCounts> KeysOf(string? device)
    {
        if (device is null)
        {
            return new KeyCounts(new Dictionary<string, int>(), []);
        }

        if (!_keys.TryGetValue(device, out var counts))
        {
            var (stored, fallbacks) = await database.OneTimeKeys.Counts(_user, device);
            var oneTime = new Dictionary<string, int>(stored);
            oneTime.TryAdd(KeyCounts.SignedCurve25519, 0);
            _keys[device] = counts = new KeyCounts(oneTime, fallbacks);
        }

        return counts;
    }
}
