using System.Globalization;
using System.Security.Cryptography;
using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.ApplicationServices;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>
/// Sends transactions to an application service, one after another. A transaction is stored as it is before it is sent and stays until it was taken, so a
/// repeat, also after a restart, is the same under the same id.
/// <code>
/// queue ─> transaction (stored) ─> PUT ─> taken: forgotten
///                                   └─> not taken: again, ever more rarely
/// </code>
/// </summary>
public sealed partial class AppServiceGrain(
    ApplicationServiceList services, Database database, RoomWindows windows, AppServiceHttp http, AppServiceOptions options, TimeProvider time, ILogger<AppServiceGrain> log)
    : Grain, IAppServiceGrain
{
    private const int NotKeptMax = 1_000;

    private readonly List<ReadOnlyMemory<byte>> _notKept = [];
    private bool _isSending;
    private bool _isWanted;
    private int _failures;
    private IGrainTimer? _retry;

    public Task Tell(ReadOnlyMemory<byte> content)
    {
        if (_notKept.Count == NotKeptMax)
        {
            _notKept.RemoveAt(0);
        }

        _notKept.Add(content);
        return Wake();
    }

    public async Task Wake()
    {
        _isWanted = true;
        if (_isSending || _retry is not null)
        {
            return;
        }

        _isSending = true;
        try
        {
            while (_isWanted && _retry is null)
            {
                _isWanted = false;
                await SendAll();
            }
        }
        catch (Exception error)
        {
            SendFailed(error, this.GetPrimaryKeyString());
            RetryLater();
        }
        finally
        {
            _isSending = false;
        }
    }

    private async Task SendAll()
    {
        if (services.Get(this.GetPrimaryKeyString()) is not { } service)
        {
            return;
        }

        while ((await database.ApplicationServices.Pending(service.Id) ?? await Next(service)) is { } txn)
        {
            if (!await Send(service, txn))
            {
                RetryLater();
                return;
            }

            _failures = 0;
            await database.ApplicationServices.Done(service.Id, txn.Id);
        }
    }

    private async ValueTask<AppServiceTxn?> Next(ApplicationService service)
    {
        var rows = await database.ApplicationServices.Queued(service.Id, options.EventsMax);
        if (rows.Count == 0 && _notKept.Count == 0)
        {
            return null;
        }

        var notKept = _notKept.ToList();
        _notKept.Clear();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var body = await new TransactionBody(service, database, windows, now).Make(rows, notKept);
        return await database.ApplicationServices.Begin(service.Id, rows, body, now);
    }

    private async ValueTask<bool> Send(ApplicationService service, AppServiceTxn txn)
    {
        if (service.Url is null)
        {
            return true;
        }

        var id = txn.Id.ToString(CultureInfo.InvariantCulture);
        try
        {
            var answer = await http.Send(service, HttpMethod.Put, "transactions/" + id, "/transactions/" + id, txn.Body);
            if (!answer.IsSuccess)
            {
                NotTaken(service.Id, id, $"status {answer.Status}");
            }

            return answer.IsSuccess;
        }
        catch (WebException failure)
        {
            NotTaken(service.Id, id, failure.Message);
            return false;
        }
    }

    private void RetryLater()
    {
        var wait = options.RetryFirst * Math.Pow(2, Math.Min(_failures++, 20));
        wait = (wait < options.RetryMax ? wait : options.RetryMax) * (RandomNumberGenerator.GetInt32(80, 120) / 100.0);
        _retry = this.RegisterGrainTimer(
            async _ =>
            {
                _retry?.Dispose();
                _retry = null;
                await Wake();
            },
            new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
    }

    [LoggerMessage(LogLevel.Warning, "The application service {Service} did not take transaction {Id}: {Reason}")]
    private partial void NotTaken(string service, string id, string reason);

    [LoggerMessage(LogLevel.Error, "The application service {Service} cannot be told")]
    private partial void SendFailed(Exception error, string service);
}
