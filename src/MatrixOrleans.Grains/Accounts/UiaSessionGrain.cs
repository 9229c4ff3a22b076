using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>
/// A session of the User-Interactive Authentication API. One path for everything:
/// <code>
/// request ─> the session's own? ─> parameters ─> attempt? ─> allowed now? ─> verify ─> completed ─> a flow done? ─> go on
///                no: unknown          frozen?        no ────────────────────────────────────────────────^  no: 401
/// </code>
/// A stage counts only after its verification said yes, and the operation goes on only by <see cref="UiaFlows.IsDone"/>.
/// </summary>
[CollectionAgeLimit(Minutes = 6)]
internal sealed class UiaSessionGrain(TimeProvider time) : Grain, IUiaSessionGrain
{
    /// <summary>Failed attempts after which the session is over.</summary>
    private const int FailuresMax = 10;

    private static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(5);

    private readonly List<string> _completed = [];
    private UiaRequest? _begun;
    private string _parameters = "{}";
    private long _lastUsed;
    private int _failures;

    /// <summary>Who confirmed. Never anybody but the session's user, when it has one.</summary>
    private UserId? _user;

    private string? _registrationToken;

    /// <summary>What was carried out, and what came of it, for the client that did not hear the answer.</summary>
    private (string Operation, string Parameters, string Answer)? _finished;

    public async ValueTask<UiaProgress> Submit(UiaRequest request)
    {
        if (request.IsNew && _begun is null)
        {
            Begin(request);
        }
        else if (!IsAlive() || !IsSame(request))
        {
            return Unknown();
        }

        _lastUsed = time.GetTimestamp();
        if (!TakeParameters(request))
        {
            return Progress(new Failure(MatrixError.Forbidden, "The parameters are not those that were confirmed"));
        }

        var progress = Progress(request.Attempt is { } attempt ? await Try(attempt) : null);
        if (progress is { IsDone: true, User: not null })
        {
            // What somebody confirmed happens once. A registration may be tried again: there is nobody yet who confirmed anything.
            Forget();
        }

        return progress;
    }

    public async ValueTask<UiaProgress> Attempt(UiaAttempt attempt)
    {
        if (!IsAlive())
        {
            return Unknown();
        }

        _lastUsed = time.GetTimestamp();
        return Progress(await Try(attempt));
    }

    public ValueTask Finish(string answer)
    {
        if (_begun is { } begun)
        {
            _finished = (begun.Operation, _parameters, answer);
            Forget();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<string?> Finished(string operation, string parameters) =>
        ValueTask.FromResult(
            _finished is { } finished && time.GetElapsedTime(_lastUsed) < IdleMax && finished.Operation == operation && IsRepeated(parameters, finished.Parameters)
                ? finished.Answer
                : null);

    private static bool IsRepeated(string given, string carriedOut)
    {
        var json = JsonElement.Parse(given);
        return !json.EnumerateObject().MoveNext() || JsonElement.DeepEquals(json, JsonElement.Parse(carriedOut));
    }

    public ValueTask End()
    {
        Forget();
        return ValueTask.CompletedTask;
    }

    private void Begin(UiaRequest request)
    {
        _begun = request;
        _user = request.User;
    }

    private bool IsAlive() => _begun is not null && time.GetElapsedTime(_lastUsed) < IdleMax;

    private bool IsSame(UiaRequest request) => request.Operation == _begun!.Operation && request.User == _begun.User && request.DeviceId == _begun.DeviceId;

    /// <summary>
    /// Remembers what the client wants. What somebody who is logged in has begun to confirm cannot be changed under their hands;
    /// a registration may still be (another username, when the first was taken meanwhile).
    /// </summary>
    private bool TakeParameters(UiaRequest request)
    {
        var given = JsonElement.Parse(request.Parameters);
        if (!given.EnumerateObject().MoveNext())
        {
            return true;
        }

        if (_begun!.User is not null && _completed.Count > 0 && !JsonElement.DeepEquals(given, JsonElement.Parse(_parameters)))
        {
            return false;
        }

        _parameters = request.Parameters;
        return true;
    }

    private async ValueTask<Failure?> Try(UiaAttempt attempt)
    {
        if (_completed.Contains(attempt.Stage))
        {
            // "Completed stages cannot be retried": answered by how far the session is.
            return null;
        }

        if (!UiaFlows.MayAttempt(_begun!.Flows, _completed, attempt.Stage))
        {
            return new Failure(MatrixError.Forbidden, "This is not the next stage of a flow");
        }

        var failure = attempt.Stage switch
        {
            UiaStage.Dummy => null,
            UiaStage.Password => await TryPassword(attempt),
            UiaStage.RegistrationToken => await TryRegistrationToken(attempt),
            _ => new Failure(MatrixError.Unrecognized, "Unknown stage"),
        };

        // The session may have ended while the answer was fetched.
        if (_begun is null)
        {
            return new Failure(MatrixError.Forbidden, "The session is over");
        }

        if (failure is null)
        {
            _completed.Add(attempt.Stage);
        }
        else if (++_failures >= FailuresMax)
        {
            Forget();
        }

        return failure;
    }

    private async ValueTask<Failure?> TryPassword(UiaAttempt attempt)
    {
        if (attempt.Password is null)
        {
            return new Failure(MatrixError.MissingParam, "password is missing");
        }

        var claimed = attempt.User ?? (attempt.IsUserUnknown ? null : _user);
        if (claimed is not { } user || (_user is { } owner && owner != user))
        {
            return new Failure(MatrixError.Forbidden, "Wrong user or password");
        }

        if (!await GrainFactory.GetGrain<IAccountGrain>(user.Value).CheckPassword(attempt.Password))
        {
            return new Failure(MatrixError.Forbidden, "Wrong user or password");
        }

        _user = user;
        return null;
    }

    private async ValueTask<Failure?> TryRegistrationToken(UiaAttempt attempt)
    {
        if (attempt.Token is null)
        {
            return new Failure(MatrixError.MissingParam, "token is missing");
        }

        if (!await GrainFactory.GetGrain<IRegistrationTokenGrain>(0).IsValid(attempt.Token))
        {
            return new Failure(MatrixError.Forbidden, "The registration token is not valid");
        }

        _registrationToken = attempt.Token;
        return null;
    }

    private UiaProgress Progress(Failure? failure)
    {
        var isDone = failure is null && _begun is not null && UiaFlows.IsDone(_begun.Flows, _completed);
        return new UiaProgress
        {
            IsDone = isDone,
            Completed = [.. _completed],
            Error = failure?.Error,
            ErrorText = failure?.Text,
            Parameters = isDone ? _parameters : "{}",
            User = isDone ? _user : null,
            RegistrationToken = isDone ? _registrationToken : null,
        };
    }

    private UiaProgress Unknown()
    {
        if (!IsAlive())
        {
            Forget();
        }

        return new UiaProgress { IsUnknown = true };
    }

    private void Forget()
    {
        _begun = null;
        _completed.Clear();
        _parameters = "{}";
    }

    private sealed record Failure(MatrixError Error, string Text);
}
