using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>
/// What a client of ours may not put into events of the types that the specification knows. Clients of others do so all the same:
/// nothing here says anything about events that come from elsewhere.
/// </summary>
public static class KnownContent
{
    private static readonly Dictionary<string, string[]> Texts = new()
    {
        [EventTypes.Message] = ["msgtype", "body"],
        [EventTypes.Name] = ["name"],
        [EventTypes.Topic] = ["topic"],
        [EventTypes.JoinRules] = ["join_rule"],
        [EventTypes.HistoryVisibility] = ["history_visibility"],
        [EventTypes.GuestAccess] = ["guest_access"],
        [EventTypes.Encryption] = ["algorithm"],
        [EventTypes.Tombstone] = ["body", "replacement_room"],
    };

    /// <param name="stateKey"><c>null</c> for a message event.</param>
    /// <exception cref="MatrixException">M_BAD_JSON; M_TOO_LARGE for a type or state key that is too long.</exception>
    public static void Check(string type, string? stateKey, JsonElement content)
    {
        if (type.Length == 0)
        {
            throw new MatrixException(MatrixError.InvalidParam, "An event needs a type");
        }

        if (Encoding.UTF8.GetByteCount(type) > PduReader.KeyBytesMax || Encoding.UTF8.GetByteCount(stateKey ?? "") > PduReader.KeyBytesMax)
        {
            throw new MatrixException(MatrixError.TooLarge, $"Type and state key have {PduReader.KeyBytesMax} bytes at most");
        }

        foreach (var name in Texts.GetValueOrDefault(type, []))
        {
            JsonMembers.Text(content, name);
        }

        if (type == EventTypes.PowerLevels && PowerLevelsContent.Fault(content, RoomVersions.Default) is { } fault)
        {
            throw new MatrixException(MatrixError.BadJson, fault);
        }
    }
}
