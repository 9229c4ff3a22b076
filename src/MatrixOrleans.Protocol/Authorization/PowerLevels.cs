using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>
/// Who may do what in a room: the create event and the power level event, with the defaults of the specification for whatever they
/// leave out (Client-Server API, "m.room.power_levels"). Cheap to make anew: the content of the event is read once for each <see cref="Pdu"/>.
/// </summary>
public sealed class PowerLevels
{
    /// <summary>The level of a creator since room version 12: above everything that an event can state.</summary>
    public const long Creator = long.MaxValue;

    private static readonly Dictionary<string, long> None = [];

    private readonly PowerLevelContent? _content;
    private readonly bool _privilegedCreators;

    private PowerLevels(Pdu? create, Pdu? powerLevels)
    {
        _content = powerLevels is null ? null : PowerLevelContent.Of(powerLevels);
        _privilegedCreators = create is not null && create.Version.PrivilegedCreators;
        Creators = create is null ? [] : ReadCreators(create);
    }

    /// <summary>
    /// The room's creators: <c>creator</c> of the create event's content in room versions 1-10, its sender in 11, its sender and
    /// <c>additional_creators</c> since 12. Empty only when the create event is not known or names nobody.
    /// </summary>
    public ImmutableArray<UserId> Creators { get; }

    public long UsersDefault => Named(PowerLevelContent.UsersDefault, 0);

    public long EventsDefault => Named(PowerLevelContent.EventsDefault, 0);

    public long StateDefault => Named(PowerLevelContent.StateDefault, 50);

    public long Ban => Named(PowerLevelContent.Ban, 50);

    public long Kick => Named(PowerLevelContent.Kick, 50);

    public long Redact => Named(PowerLevelContent.Redact, 50);

    public long Invite => Named(PowerLevelContent.Invite, 0);

    /// <summary>The users that the event names, creators of room version 12 not among them.</summary>
    public IReadOnlyDictionary<string, long> Users => _content?.Users ?? None;

    /// <param name="create"><c>null</c> only where an event's auth events lack it; there are then no creators.</param>
    /// <param name="powerLevels"><c>null</c> while the room has none.</param>
    public static PowerLevels Of(Pdu? create, Pdu? powerLevels) => new(create, powerLevels);

    public long UserLevel(UserId user) => UserLevel(user.Value);

    /// <summary>For the state key of a member event.</summary>
    public long UserLevel(string user)
    {
        if (_privilegedCreators && IsCreator(user))
        {
            return Creator;
        }

        if (_content is null)
        {
            return IsCreator(user) ? 100 : 0;
        }

        return _content.Users.TryGetValue(user, out var level) ? level : UsersDefault;
    }

    /// <summary>The level it takes to send an event of the type. Membership events are governed by other levels.</summary>
    public long RequiredFor(string type, bool isState) =>
        _content is not null && _content.Events.TryGetValue(type, out var level) ? level : isState ? StateDefault : EventsDefault;

    /// <summary>The level it takes to notify everybody with the key, e.g. <c>room</c>.</summary>
    public long Notification(string key) =>
        _content is not null && _content.Notifications.TryGetValue(key, out var level) ? level : 50;

    public bool IsCreator(UserId user) => IsCreator(user.Value);

    internal bool IsCreator(string user)
    {
        foreach (var creator in Creators)
        {
            if (creator.Value == user)
            {
                return true;
            }
        }

        return false;
    }

    private long Named(int index, long otherwise) => _content?.Named[index] ?? otherwise;

    private static ImmutableArray<UserId> ReadCreators(Pdu create)
    {
        if (create.Version.CreatorInContent)
        {
            return UserId.TryParse(create.ContentString("creator"), out var creator) ? [creator] : [];
        }

        if (!create.Version.PrivilegedCreators
            || !create.Content.TryGetProperty("additional_creators", out var more) || more.ValueKind != JsonValueKind.Array)
        {
            return [create.Sender];
        }

        var creators = ImmutableArray.CreateBuilder<UserId>(1 + more.GetArrayLength());
        creators.Add(create.Sender);
        foreach (var entry in more.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.String && UserId.TryParse(entry.GetString(), out var user) && !creators.Contains(user))
            {
                creators.Add(user);
            }
        }

        return creators.ToImmutable();
    }
}
