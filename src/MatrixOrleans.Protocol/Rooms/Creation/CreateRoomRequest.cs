using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms.Creation;

/// <summary>Which state a new room starts with (Client-Server API, "createRoom", <c>preset</c>).</summary>
public enum RoomPreset
{
    PrivateChat,
    TrustedPrivateChat,
    PublicChat,
}

/// <summary>A state event that a new room is to have.</summary>
/// <param name="Content">A JSON object.</param>
public sealed record NewState(string Type, string StateKey, JsonElement Content);

/// <summary>The body of <c>POST /createRoom</c>, strictly read. A member that is <c>null</c> counts as missing.</summary>
public sealed record CreateRoomRequest
{
    /// <summary>Most users that one request invites; each is an event of the same transaction.</summary>
    public const int InvitesMax = 250;

    /// <summary>Most events in <c>initial_state</c>.</summary>
    public const int InitialStateMax = 500;

    /// <summary>The preset asked for, or else the one that the visibility implies.</summary>
    public required RoomPreset Preset { get; init; }

    /// <summary>The room is to be published in the room directory.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The localpart of the alias that the room shall have.</summary>
    public string? AliasLocalpart { get; init; }

    public string? Name { get; init; }

    public string? Topic { get; init; }

    /// <summary>Who is to be invited; nobody twice.</summary>
    public IReadOnlyList<UserId> Invites { get; init; } = [];

    /// <summary>The reason in the invites' events (MSC4491).</summary>
    public string? InviteReason { get; init; }

    /// <summary>The room version's id; <c>null</c> for the server's default.</summary>
    public string? RoomVersion { get; init; }

    /// <summary>An object of further members for the create event's content.</summary>
    public JsonElement? CreationContent { get; init; }

    public IReadOnlyList<NewState> InitialState { get; init; } = [];

    public bool IsDirect { get; init; }

    /// <summary>An object whose members replace those of the default power levels.</summary>
    public JsonElement? PowerLevelOverride { get; init; }

    /// <param name="body">The body of the request.</param>
    /// <exception cref="MatrixException">
    /// M_BAD_JSON for a member of the wrong type, M_INVALID_PARAM for a user id that is none,
    /// M_SERVER_NOT_TRUSTED for invitations by third-party identifier.
    /// </exception>
    public static CreateRoomRequest Parse(JsonElement body)
    {
        var isPublic = JsonMembers.Text(body, "visibility") switch
        {
            null or "private" => false,
            "public" => true,
            _ => throw new MatrixException(MatrixError.BadJson, "visibility must be public or private"),
        };
        if (JsonMembers.Array(body, "invite_3pid", InvitesMax) is { } thirdParty && thirdParty.GetArrayLength() > 0)
        {
            throw new MatrixException(MatrixError.ServerNotTrusted, "This server invites nobody through identity servers");
        }

        return new CreateRoomRequest
        {
            Preset = JsonMembers.Text(body, "preset") switch
            {
                null => isPublic ? RoomPreset.PublicChat : RoomPreset.PrivateChat,
                "private_chat" => RoomPreset.PrivateChat,
                "trusted_private_chat" => RoomPreset.TrustedPrivateChat,
                "public_chat" => RoomPreset.PublicChat,
                _ => throw new MatrixException(MatrixError.BadJson, "preset must be private_chat, public_chat or trusted_private_chat"),
            },
            IsPublic = isPublic,
            AliasLocalpart = JsonMembers.Text(body, "room_alias_name"),
            Name = JsonMembers.Text(body, "name"),
            Topic = JsonMembers.Text(body, "topic"),
            Invites = ParseInvites(body),
            InviteReason = JsonMembers.Text(body, "uk.timedout.msc4491.invite_reason"),
            RoomVersion = JsonMembers.Text(body, "room_version"),
            CreationContent = JsonMembers.Object(body, "creation_content"),
            InitialState = ParseInitialState(body),
            IsDirect = JsonMembers.Flag(body, "is_direct"),
            PowerLevelOverride = JsonMembers.Object(body, "power_level_content_override"),
        };
    }

    /// <summary>The alias asked for, on a server.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM when the localpart makes no alias.</exception>
    public RoomAlias? Alias(ServerName server)
    {
        if (AliasLocalpart is null)
        {
            return null;
        }

        return AliasLocalpart.Length > 0 && !AliasLocalpart.Any(c => c == ':' || char.IsWhiteSpace(c)) && RoomAlias.TryParse($"#{AliasLocalpart}:{server}", out var alias)
            ? alias
            : throw new MatrixException(MatrixError.InvalidParam, "room_alias_name is not the localpart of a room alias");
    }

    private static List<UserId> ParseInvites(JsonElement body)
    {
        var invites = new List<UserId>();
        if (JsonMembers.Array(body, "invite", InvitesMax) is { } list)
        {
            foreach (var entry in list.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.String)
                {
                    throw new MatrixException(MatrixError.BadJson, "invite must be a list of user IDs");
                }

                var user = UserId.FromRequest(entry.GetString());
                if (!invites.Contains(user))
                {
                    invites.Add(user);
                }
            }
        }

        return invites;
    }

    private static List<NewState> ParseInitialState(JsonElement body)
    {
        var events = new List<NewState>();
        if (JsonMembers.Array(body, "initial_state", InitialStateMax) is { } list)
        {
            foreach (var entry in list.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object)
                {
                    throw new MatrixException(MatrixError.BadJson, "initial_state must be a list of objects");
                }

                var type = JsonMembers.Text(entry, "type") ?? throw new MatrixException(MatrixError.BadJson, "An event in initial_state has no type");
                var content = JsonMembers.Object(entry, "content") ?? throw new MatrixException(MatrixError.BadJson, "An event in initial_state has no content");
                events.Add(new NewState(type, JsonMembers.Text(entry, "state_key") ?? "", content));
            }
        }

        return events;
    }
}
