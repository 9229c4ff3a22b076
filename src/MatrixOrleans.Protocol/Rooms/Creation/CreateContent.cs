using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Rooms.Creation;

/// <summary>The content of a new room's <c>m.room.create</c>.</summary>
public static class CreateContent
{
    /// <summary>
    /// The creators of the room beside the sender of the create event: those named in <c>creation_content</c>, and for a
    /// trusted private chat the invitees (since v12; none in earlier versions).
    /// </summary>
    /// <exception cref="MatrixException">M_BAD_JSON when <c>additional_creators</c> is no list of user ids.</exception>
    public static IReadOnlyList<UserId> AdditionalCreators(CreateRoomRequest request, UserId creator, RoomVersion version)
    {
        if (!version.PrivilegedCreators)
        {
            return [];
        }

        var creators = new List<UserId>();
        if (request.CreationContent is { } content && content.TryGetProperty("additional_creators", out var list))
        {
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > CreateRoomRequest.InvitesMax)
            {
                throw new MatrixException(MatrixError.BadJson, "additional_creators must be a list of user IDs");
            }

            foreach (var entry in list.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.String || !UserId.TryParse(entry.GetString(), out var user))
                {
                    throw new MatrixException(MatrixError.BadJson, "additional_creators must be a list of user IDs");
                }

                creators.Add(user);
            }
        }

        if (request.Preset == RoomPreset.TrustedPrivateChat)
        {
            creators.AddRange(request.Invites);
        }

        return [.. creators.Where(user => user != creator).Distinct()];
    }

    /// <summary>What the client asked for, with the members that are the server's to write.</summary>
    internal static ReadOnlyMemory<byte> Write(CreateRoomRequest request, UserId creator, RoomVersion version, IReadOnlyList<UserId> additionalCreators) => ContentWriter.Write(writer =>
    {
        if (request.CreationContent is { } content)
        {
            CheckTypes(content);
            foreach (var member in content.EnumerateObject())
            {
                if (member.Name is not ("creator" or "room_version") && !(version.PrivilegedCreators && member.Name == "additional_creators"))
                {
                    member.WriteTo(writer);
                }
            }
        }

        writer.WriteString("room_version"u8, version.Id);
        if (version.CreatorInContent)
        {
            writer.WriteString("creator"u8, creator.Value);
        }

        if (additionalCreators.Count > 0)
        {
            writer.WriteStartArray("additional_creators"u8);
            foreach (var user in additionalCreators)
            {
                writer.WriteStringValue(user.Value);
            }

            writer.WriteEndArray();
        }
    });

    private static void CheckTypes(JsonElement content)
    {
        if (content.TryGetProperty("m.federate", out var federate) && federate.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new MatrixException(MatrixError.BadJson, "m.federate must be a boolean");
        }

        if (content.TryGetProperty("type", out var type) && type.ValueKind != JsonValueKind.String)
        {
            throw new MatrixException(MatrixError.BadJson, "type must be a string");
        }

        if (content.TryGetProperty("predecessor", out var predecessor) && predecessor.ValueKind != JsonValueKind.Object)
        {
            throw new MatrixException(MatrixError.BadJson, "predecessor must be an object");
        }
    }
}
