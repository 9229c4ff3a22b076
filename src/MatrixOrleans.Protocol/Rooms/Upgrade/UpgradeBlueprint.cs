using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Creation;

namespace MatrixOrleans.Protocol.Rooms.Upgrade;

/// <summary>Plans the room that replaces another (Client-Server API, "Room Upgrades", steps 2 and 3).</summary>
public static class UpgradeBlueprint
{
    /// <summary>State that goes into the new room as it is.</summary>
    public static readonly IReadOnlyList<string> Copied =
    [
        EventTypes.JoinRules,
        EventTypes.HistoryVisibility,
        EventTypes.GuestAccess,
        EventTypes.Encryption,
        EventTypes.ServerAcl,
        EventTypes.Name,
        EventTypes.Avatar,
        EventTypes.Topic,
    ];

    /// <param name="creators">Creators beside the user who upgrades; of no effect before version 12.</param>
    /// <param name="isPublic">The new room takes the old one's place in the room directory.</param>
    public static RoomBlueprint Of(OldRoom old, UserId user, MemberProfile profile, RoomVersion version, IReadOnlyList<UserId> creators, bool isPublic)
    {
        List<UserId> additional = version.PrivilegedCreators ? [.. creators.Where(c => c != user).Distinct()] : [];
        var events = new List<BlueprintEvent> { Join(user, profile) };
        foreach (var type in Copied)
        {
            if (old.State.TryGetValue(new StateKey(type, ""), out var pdu))
            {
                events.Add(Copy(pdu));
            }
        }

        if (CanonicalAlias(old) is { } alias)
        {
            events.Add(alias);
        }

        events.AddRange(old.Children.Where(IsChild).Take(OldRoom.ChildrenMax).Select(Copy));
        events.AddRange(old.Bans.Where(ban => ban.StateKey != user.Value && !additional.Exists(c => c.Value == ban.StateKey)).Take(OldRoom.BansMax).Select(Ban));

        // Last: until then whoever upgrades may do everything, whatever the levels will leave of that.
        events.Add(new BlueprintEvent(EventTypes.PowerLevels, "", UpgradedPowerLevels.Write(old, user, version, additional)));
        return new RoomBlueprint
        {
            Creator = user,
            Version = version,
            CreateContent = CreateContent(old, user, version, additional),
            Events = events,
            IsPublic = isPublic,
        };
    }

    private static ReadOnlyMemory<byte> CreateContent(OldRoom old, UserId user, RoomVersion version, List<UserId> additional) => ContentWriter.Write(writer =>
    {
        writer.WriteString("room_version"u8, version.Id);
        if (version.CreatorInContent)
        {
            writer.WriteString("creator"u8, user.Value);
        }

        if (additional.Count > 0)
        {
            writer.WriteStartArray("additional_creators"u8);
            foreach (var creator in additional)
            {
                writer.WriteStringValue(creator.Value);
            }

            writer.WriteEndArray();
        }

        var create = old.Content(StateKey.Create);
        if (create is { } content && content.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String)
        {
            writer.WriteString("type"u8, type.GetString());
        }

        if (create is { } federation && federation.TryGetProperty("m.federate", out var federate) && federate.ValueKind == JsonValueKind.False)
        {
            writer.WriteBoolean("m.federate"u8, false);
        }

        writer.WriteStartObject("predecessor"u8);
        writer.WriteString("room_id"u8, old.RoomId.Value);

        // Since v12 it may be left out: the tombstone, which would be the last event, names a room whose id follows from this content.
        if (!version.RoomIdIsCreateHash && old.LastEvent is { } last)
        {
            writer.WriteString("event_id"u8, last.Value);
        }

        writer.WriteEndObject();
    });

    private static BlueprintEvent Join(UserId user, MemberProfile profile) => new(EventTypes.Member, user.Value, ContentWriter.Write(writer =>
    {
        writer.WriteString("membership"u8, "join"u8);
        if (profile.DisplayName is { } name)
        {
            writer.WriteString("displayname"u8, name);
        }

        if (profile.AvatarUrl is { } avatar)
        {
            writer.WriteString("avatar_url"u8, avatar);
        }
    }));

    private static BlueprintEvent Ban(Pdu member) => new(EventTypes.Member, member.StateKey!, ContentWriter.Write(writer =>
    {
        writer.WriteString("membership"u8, "ban"u8);
        if (member.ContentString("reason") is { } reason)
        {
            writer.WriteString("reason"u8, reason);
        }
    }));

    /// <summary>Only what moves is said of the new room: other aliases still lead to the old one.</summary>
    private static BlueprintEvent? CanonicalAlias(OldRoom old)
    {
        if (old.Content(StateKey.CanonicalAlias) is not { } content)
        {
            return null;
        }

        var moved = old.Aliases.Select(alias => alias.Value).ToHashSet();
        var main = content.TryGetProperty("alias", out var alias) && IsMoved(alias) ? alias.GetString() : null;
        List<string> others = content.TryGetProperty("alt_aliases", out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(IsMoved).Select(a => a.GetString()!)]
            : [];
        if (main is null && others.Count == 0)
        {
            return null;
        }

        return new BlueprintEvent(EventTypes.CanonicalAlias, "", ContentWriter.Write(writer =>
        {
            if (main is not null)
            {
                writer.WriteString("alias"u8, main);
            }

            if (others.Count > 0)
            {
                writer.WriteStartArray("alt_aliases"u8);
                others.ForEach(writer.WriteStringValue);
                writer.WriteEndArray();
            }
        }));

        bool IsMoved(JsonElement value) => value.ValueKind == JsonValueKind.String && moved.Contains(value.GetString()!);
    }

    private static bool IsChild(Pdu pdu) => pdu.Content.TryGetProperty("via", out var via) && via.ValueKind == JsonValueKind.Array;

    private static BlueprintEvent Copy(Pdu pdu) => new(pdu.Type, pdu.StateKey!, pdu.ContentUtf8.ToArray());

    /// <exception cref="MatrixException">M_UNSUPPORTED_ROOM_VERSION</exception>
    public static RoomVersion Version(string id) =>
        RoomVersions.TryGet(id, out var version) ? version : throw new MatrixException(MatrixError.UnsupportedRoomVersion, "This server does not support that room version");
}
