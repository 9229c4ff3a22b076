using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.ApplicationServices;

/// <summary>An application service as its registration file describes it (Application Service API, "Registration").</summary>
public sealed record ApplicationService
{
    public required string Id { get; init; }

    /// <summary>The homeserver that it belongs to.</summary>
    public required ServerName Tenant { get; init; }

    /// <summary>Where it listens; <c>null</c>: it is told nothing.</summary>
    public required Uri? Url { get; init; }

    /// <summary>With this token it asks us.</summary>
    public required string AsToken { get; init; }

    /// <summary>With this token we ask it.</summary>
    public required string HsToken { get; init; }

    /// <summary>The user it is when it names none.</summary>
    public required UserId Sender { get; init; }

    public IReadOnlyList<Namespace> Users { get; init; } = [];

    public IReadOnlyList<Namespace> Aliases { get; init; } = [];

    public IReadOnlyList<Namespace> Rooms { get; init; } = [];

    /// <summary>Its users are subject to rate limits. The bot itself never is.</summary>
    public bool IsRateLimited { get; init; } = true;

    /// <summary>It is told of typing, receipts and messages to devices.</summary>
    public bool ReceivesEphemeral { get; init; }

    /// <summary>MSC3202: it is told of device lists and of the supply of one-time keys.</summary>
    public bool ReceivesDeviceLists { get; init; }

    /// <summary>Third-party networks that it connects.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Whether a user is in its namespace; only users of its own homeserver can be.</summary>
    public bool IsMine(UserId user) =>
        user.ServerName == Tenant && (user == Sender || Users.Any(users => users.Holds(user.Value)));

    public bool IsMine(RoomAlias alias) => alias.ServerName == Tenant && Aliases.Any(aliases => aliases.Holds(alias.Value));

    public bool IsMine(RoomId room) => Rooms.Any(rooms => rooms.Holds(room.Value));

    /// <summary>Whether only this application service may have the user.</summary>
    public bool IsExclusive(UserId user) =>
        user.ServerName == Tenant && (user == Sender || Users.Any(users => users.IsExclusive && users.Holds(user.Value)));

    /// <summary>Whether only this application service may have the alias.</summary>
    public bool IsExclusive(RoomAlias alias) => alias.ServerName == Tenant && Aliases.Any(aliases => aliases.IsExclusive && aliases.Holds(alias.Value));

    /// <summary>Tokens are no part of the text.</summary>
    public override string ToString() => $"application service {Id}";
}
