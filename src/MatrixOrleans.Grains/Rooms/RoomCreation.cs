using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Builds the first events of a room, one on the other, in memory that has no room yet.</summary>
internal static class RoomCreation
{
    /// <summary>All events in their order; the memory has taken them.</summary>
    /// <param name="numbers">Holds as many event numbers as there are events.</param>
    /// <exception cref="MatrixException">An event is not allowed or cannot be an event.</exception>
    public static IReadOnlyList<Built> Build(CreateRoomCommand command, Pdu create, RoomMemory room, EventAssembly assembly, NumberAllocator numbers)
    {
        var verdict = AuthRules.CheckAgainstState(create, _ => null, AuthContext.SignaturesChecked);
        if (!verdict.Allowed)
        {
            throw new MatrixException(MatrixError.BadState.WithStatus(400), verdict.Reason);
        }

        var all = new List<Built>();
        room.State.Changed(StateKey.Create, null);
        Keep(assembly.Place(create, numbers.NextEventNid(), Draft(command, EventTypes.Create, "", create.ContentUtf8.ToArray()), PowerLevels.Of(create, null), room.Head, null));
        foreach (var initial in command.Events)
        {
            var draft = Draft(command, initial.Type, initial.StateKey, initial.Content);
            foreach (var key in assembly.Needed(draft))
            {
                // Nothing is in the database: what is not known here does not exist.
                room.State.Loaded(key, null, room.State.Epoch);
            }

            Keep(assembly.Build(draft, numbers.NextEventNid(), null));
        }

        return all;

        void Keep(Built built)
        {
            all.Add(built);
            room.Take(built);
        }
    }

    /// <summary>What storage keeps of a room that is being made.</summary>
    public static NewRoom Row(RoomRecord room) => new(room.Version, room.CreateEventId, room.Federate, room.Tenant, room.CreatedMs);

    /// <summary>Whether other servers may take part (<c>m.federate</c>).</summary>
    public static bool Federates(Pdu create) => !create.Content.TryGetProperty("m.federate", out var federate) || federate.ValueKind != JsonValueKind.False;

    private static Draft Draft(CreateRoomCommand command, string type, string stateKey, ReadOnlyMemory<byte> content) =>
        new() { Sender = command.Creator, Type = type, StateKey = stateKey, Content = content };
}
