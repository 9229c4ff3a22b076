using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Takes what other servers send into one room (Server-Server API, "Checks performed on receipt of a PDU"). Key: the room id.</summary>
public interface IRoomIntakeGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes PDUs of one room, in the order in which they came. Answers when each is committed, refused, or durably staged.
    /// </summary>
    /// <returns>One outcome for each PDU, in the same order.</returns>
    [Alias("Receive")]
    Task<IReadOnlyList<PduOutcome>> Receive(ReceivedPdus received);
}

/// <summary>PDUs of one room that came in one transaction.</summary>
/// <param name="Origin">The server that sent them, by its signature on the request; it need not be the events' own.</param>
/// <param name="Destination">The tenant to which they were sent.</param>
/// <param name="Pdus">Each the bytes of one JSON object, as they came; nothing of them is checked but that <c>room_id</c> names the room.</param>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.ReceivedPdus")]
public sealed record ReceivedPdus(
    [property: Id(0)] ServerName Origin,
    [property: Id(1)] ServerName Destination,
    [property: Id(2)] IReadOnlyList<ReadOnlyMemory<byte>> Pdus);

/// <summary>What became of a PDU.</summary>
/// <param name="EventId"><c>null</c> when it was too broken to have one.</param>
/// <param name="Error">Why it was refused; <c>null</c> when it was taken, which a rejection by the auth rules and a soft failure also are.</param>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.PduOutcome")]
public sealed record PduOutcome([property: Id(0)] EventId? EventId, [property: Id(1)] string? Error);
