using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>The redaction algorithm of every room version (room version pages, "Redactions").</summary>
public static class Redaction
{
    /// <summary>The event stripped of all but what keeps the room working. Redacting twice changes nothing.</summary>
    public static byte[] Redact(JsonElement eventRoot, RoomVersion version)
    {
        var output = new ByteBuffer(512);
        var type = eventRoot.TryGetProperty("type", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString()! : "";
        var first = true;
        output.Write("{"u8);
        foreach (var member in eventRoot.EnumerateObject())
        {
            if (!KeepsTopLevel(member, version))
            {
                continue;
            }

            Separate(output, ref first);
            CopyName(output, member);
            if (member.NameEquals("content"u8))
            {
                WriteContent(output, member.Value, type, version);
            }
            else
            {
                output.Write(JsonMarshal.GetRawUtf8Value(member.Value));
            }
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether the redacted content of such an event may be anything but <c>{}</c>.</summary>
    internal static bool KeepsSomeContent(string type) => type is EventTypes.Member or EventTypes.Create or EventTypes.JoinRules
        or EventTypes.PowerLevels or EventTypes.Aliases or EventTypes.HistoryVisibility or EventTypes.Redaction;

    private static bool KeepsTopLevel(JsonProperty member, RoomVersion version) => member.Name switch
    {
        "event_id" or "type" or "room_id" or "sender" or "state_key" or "content" or "hashes" or "signatures"
            or "depth" or "prev_events" or "auth_events" or "origin_server_ts" => true,
        // No longer protected since v11.
        "origin" or "membership" or "prev_state" => !version.UpdatedRedaction,
        _ => false,
    };

    private static void WriteContent(ByteBuffer output, JsonElement content, string type, RoomVersion version)
    {
        if (content.ValueKind != JsonValueKind.Object)
        {
            output.Write("{}"u8);
            return;
        }

        if (type == EventTypes.Create && version.UpdatedRedaction)
        {
            output.Write(JsonMarshal.GetRawUtf8Value(content));
            return;
        }

        var first = true;
        output.Write("{"u8);
        foreach (var member in content.EnumerateObject())
        {
            if (KeepsInContent(type, member.Name, version))
            {
                Separate(output, ref first);
                CopyName(output, member);
                output.Write(JsonMarshal.GetRawUtf8Value(member.Value));
            }
            else if (version.UpdatedRedaction && type == EventTypes.Member && member.NameEquals("third_party_invite"u8)
                && member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetProperty("signed", out var signed))
            {
                Separate(output, ref first);
                output.Write("\"third_party_invite\":{\"signed\":"u8);
                output.Write(JsonMarshal.GetRawUtf8Value(signed));
                output.Write("}"u8);
            }
        }

        output.Write("}"u8);
    }

    private static bool KeepsInContent(string type, string name, RoomVersion version) => type switch
    {
        EventTypes.Member => name == "membership" || (name == "join_authorised_via_users_server" && version.RedactionKeepsJoinAuthorisation),
        EventTypes.Create => name == "creator",
        EventTypes.JoinRules => name == "join_rule" || (name == "allow" && version.RedactionKeepsAllow),
        EventTypes.PowerLevels => name is "ban" or "events" or "events_default" or "kick" or "redact" or "state_default" or "users" or "users_default"
            || (name == "invite" && version.UpdatedRedaction),
        EventTypes.Aliases => name == "aliases" && version.AliasesSpecialCased,
        EventTypes.HistoryVisibility => name == "history_visibility",
        EventTypes.Redaction => name == "redacts" && version.UpdatedRedaction,
        _ => false,
    };

    private static void Separate(ByteBuffer output, ref bool first)
    {
        if (!first)
        {
            output.Write(","u8);
        }

        first = false;
    }

    private static void CopyName(ByteBuffer output, JsonProperty member)
    {
        output.Write("\""u8);
        output.Write(JsonMarshal.GetRawUtf8PropertyName(member));
        output.Write("\":"u8);
    }
}
