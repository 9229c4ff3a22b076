using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>Names of stages (Client-Server API, "Authentication types").</summary>
public static class UiaStage
{
    public const string Password = "m.login.password";
    public const string Dummy = "m.login.dummy";
    public const string RegistrationToken = "m.login.registration_token";

    /// <summary>No stage, but how application services register users and log in as them.</summary>
    public const string ApplicationService = "m.login.application_service";
}

/// <summary>A client's try at a stage.</summary>
[GenerateSerializer, Immutable, Alias("UiaAttempt")]
public sealed record UiaAttempt
{
    [Id(0)]
    public required string Stage { get; init; }

    /// <summary>Whom the client says it is, for a password; <c>null</c>: not said.</summary>
    [Id(1)]
    public UserId? User { get; init; }

    /// <summary>The client named somebody who cannot have an account here.</summary>
    [Id(2)]
    public bool IsUserUnknown { get; init; }

    [Id(3)]
    public string? Password { get; init; }

    /// <summary>The registration token.</summary>
    [Id(4)]
    public string? Token { get; init; }
}

/// <summary>A request for an operation that needs confirming.</summary>
[GenerateSerializer, Immutable, Alias("UiaRequest")]
public sealed record UiaRequest
{
    /// <summary>Method and path with its parameters: a session counts for nothing else.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary>Who asks, when logged in.</summary>
    [Id(1)]
    public UserId? User { get; init; }

    [Id(2)]
    public string? DeviceId { get; init; }

    /// <summary>Lists of stages; all stages of one, in order, are enough.</summary>
    [Id(3)]
    public required IReadOnlyList<string[]> Flows { get; init; }

    /// <summary>The body without <c>auth</c>, as JSON. <c>{}</c> takes what an earlier request of the session said.</summary>
    [Id(4)]
    public required string Parameters { get; init; }

    [Id(5)]
    public UiaAttempt? Attempt { get; init; }

    /// <summary>The gateway has just made the session id up.</summary>
    [Id(6)]
    public required bool IsNew { get; init; }
}

/// <summary>How far a session is.</summary>
[GenerateSerializer, Immutable, Alias("UiaProgress")]
public sealed record UiaProgress
{
    /// <summary>There is no such session, or it is of another user, device or operation.</summary>
    [Id(0)]
    public bool IsUnknown { get; init; }

    /// <summary>A flow is complete: the operation may be carried out.</summary>
    [Id(1)]
    public bool IsDone { get; init; }

    [Id(2)]
    public IReadOnlyList<string> Completed { get; init; } = [];

    /// <summary>Why the attempt failed.</summary>
    [Id(3)]
    public MatrixError? Error { get; init; }

    [Id(4)]
    public string? ErrorText { get; init; }

    /// <summary>When done: the parameters to carry out, as JSON.</summary>
    [Id(5)]
    public string Parameters { get; init; } = "{}";

    /// <summary>When done: who confirmed, by password or else by the access token.</summary>
    [Id(6)]
    public UserId? User { get; init; }

    /// <summary>When done: the registration token that was given.</summary>
    [Id(7)]
    public string? RegistrationToken { get; init; }
}
