using System.Text.Json;
using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>Passes on who is typing: to the syncs of this silo, and to application services that want to hear it.</summary>
public sealed partial class AppServiceTyping : IEphemeralListener
{
    private readonly IEphemeralListener _inner;
    private readonly List<(ApplicationService Service, AppServiceInterest Interest)> _services;
    private readonly Database _database;
    private readonly IGrainFactory _grains;
    private readonly ILogger _log;

    public AppServiceTyping(IEphemeralListener inner, ApplicationServiceList services, Database database, IGrainFactory grains, ILogger<AppServiceTyping> log)
    {
        (_inner, _database, _grains, _log) = (inner, database, grains, log);
        _services = [.. services.All.Where(service => service.ReceivesEphemeral).Select(service => (service, new AppServiceInterest(service, database)))];
    }

    public void TypingChanged(RoomId room, TypingView view)
    {
        _inner.TypingChanged(room, view);
        if (_services.Count > 0)
        {
            _ = Task.Run(() => Tell(room, view));
        }
    }

    private async Task Tell(RoomId room, TypingView view)
    {
        try
        {
            if (await _database.Rooms.Find(room) is not { } record)
            {
                return;
            }

            foreach (var (service, interest) in _services)
            {
                if (await interest.WantsNow(record.Nid, room))
                {
                    await _grains.GetGrain<IAppServiceGrain>(service.Id).Tell(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
                    {
                        ["type"] = "m.typing",
                        ["room_id"] = room.Value,
                        ["content"] = new Dictionary<string, object> { ["user_ids"] = view.Users.Select(user => user.Value) },
                    }));
                }
            }
        }
        catch (Exception error)
        {
            // Nobody waits for it, and the next change tells more.
            NotTold(error, room);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Application services were not told who types in {Room}")]
    private partial void NotTold(Exception error, RoomId room);
}
