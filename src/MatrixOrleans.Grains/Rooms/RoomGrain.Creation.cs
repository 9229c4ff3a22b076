using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Makes a room: its first events are one unit of the log, kept whole or not at all.</summary>
public sealed partial class RoomGrain
{
    public async ValueTask<SendAnswer> Create(CreateRoomCommand command)
    {
        if (_room is not null)
        {
            throw new MatrixException(MatrixError.RoomInUse, "The room exists");
        }

        var version = RoomVersions.Get(command.RoomVersion);
        var create = PduReader.ReadStored(command.CreateEvent, version, command.CreateEventId);
        await database.Numbers.EnsureAsync(command.Events.Count + 1);
        var room = new RoomRecord(
            await database.Numbers.RoomNid(), _id, command.RoomVersion, create.EventId, Federates(create), command.Creator.ServerName, time.GetUtcNow().ToUnixTimeMilliseconds());
        _room = room;
        _version = version;
        try
        {
            return await Create(command, room, create);
        }
        catch
        {
            // Whatever was built has no room: start again from nothing.
            Poison();
            throw;
        }
    }

    private async ValueTask<SendAnswer> Create(CreateRoomCommand command, RoomRecord room, Pdu create)
    {
        var all = new List<Built>();
        var verdict = AuthRules.CheckAgainstState(create, _ => null, AuthContext.SignaturesChecked);
        if (!verdict.Allowed)
        {
            throw new MatrixException(MatrixError.BadState.WithStatus(400), verdict.Reason);
        }

        _state.Changed(StateKey.Create, null);
        Keep(Place(create, database.Numbers.NextEventNid(), CreationDraft(command, EventTypes.Create, "", create.ContentUtf8.ToArray()), PowerLevels.Of(create, null), _head, null));
        foreach (var initial in command.Events)
        {
            var draft = CreationDraft(command, initial.Type, initial.StateKey, initial.Content);
            foreach (var key in Needed(draft))
            {
                // Nothing is in the database: what is not known here does not exist.
                _state.Loaded(key, null, _state.Epoch);
            }

            Keep(Build(draft, database.Numbers.NextEventNid(), null));
        }

        var bytes = all.Sum(built => built.Pdu!.Json.Length + 1024);
        if (!database.Writer.TryReserve(bytes))
        {
            throw new MatrixException(MatrixError.LimitExceeded, "The server is overloaded") { RetryAfterMs = 1000 };
        }

        var result = await Settled(database.Writer.Append(new AppendUnit
        {
            ActivationId = _activation,
            ReservedBytes = bytes,
            Room = new RoomAppend
            {
                RoomNid = room.Nid,
                RoomId = _id,
                Create = new NewRoom(room.Version, room.CreateEventId, room.Federate, room.Tenant, room.CreatedMs),
                FirstVersion = 1,
                Entries = [.. all.Select(built => built.Entry!)],
                Nodes = [.. all.SelectMany(built => built.Nodes).DistinctBy(node => node.Id)],
            },
            Payload = new RoomCommit(_id, [.. all.Select(built => built.Tail!)]),
        }));
        Advance(_head, result.FirstPosition + all.Count - 1);
        return new SendAnswer(create.EventId, result.FirstPosition);

        void Keep(Built built)
        {
            all.Add(built);
            _head = built.Head!;
            Remember(built);
        }
    }

    private static Draft CreationDraft(CreateRoomCommand command, string type, string stateKey, ReadOnlyMemory<byte> content) =>
        new() { Sender = command.Creator, Type = type, StateKey = stateKey, Content = content };

    private static bool Federates(Pdu create) =>
        !create.Content.TryGetProperty("m.federate", out var federate) || federate.ValueKind != System.Text.Json.JsonValueKind.False;
}
