using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms.Creation;

/// <summary>A user's names as they go into member events.</summary>
public sealed record MemberProfile(string? DisplayName, string? AvatarUrl)
{
    public static readonly MemberProfile None = new(null, null);
}

/// <summary>An event of a new room.</summary>
/// <param name="Content">A JSON object, UTF-8.</param>
public sealed record BlueprintEvent(string Type, string StateKey, ReadOnlyMemory<byte> Content);

/// <summary>Everything that a new room consists of, before anything is signed (Client-Server API, "createRoom").</summary>
public sealed record RoomBlueprint
{
    public required UserId Creator { get; init; }

    public required RoomVersion Version { get; init; }

    /// <summary>The content of <c>m.room.create</c>, UTF-8.</summary>
    public required ReadOnlyMemory<byte> CreateContent { get; init; }

    /// <summary>The events after the create event, in the order in which they are to be made; the creator's join first.</summary>
    public required IReadOnlyList<BlueprintEvent> Events { get; init; }

    /// <summary>The alias that the room gets; it must be free.</summary>
    public RoomAlias? Alias { get; init; }

    public bool IsPublic { get; init; }

    /// <param name="profiles">Names of the creator and of invitees, as far as they are known.</param>
    /// <exception cref="MatrixException">
    /// M_UNSUPPORTED_ROOM_VERSION, M_INVALID_ROOM_STATE, M_BAD_JSON or M_INVALID_PARAM: what the request asks for makes no room.
    /// </exception>
    public static RoomBlueprint Of(CreateRoomRequest request, UserId creator, IReadOnlyDictionary<UserId, MemberProfile> profiles)
    {
        if (!RoomVersions.TryGet(request.RoomVersion ?? RoomVersions.Default.Id, out var version))
        {
            throw new MatrixException(MatrixError.UnsupportedRoomVersion, "This server does not support the requested room version");
        }

        var alias = request.Alias(creator.ServerName);
        var creators = Creation.CreateContent.AdditionalCreators(request, creator, version);
        var content = Creation.CreateContent.Write(request, creator, version, creators);
        CheckCanonical(EventTypes.Create, content.Span, version);
        var events = new List<BlueprintEvent>(16);

        // 2. The creator's join.
        events.Add(Member(creator, "join", profiles, null, false));

        // 3. Power levels.
        events.Add(new BlueprintEvent(EventTypes.PowerLevels, "", InitialPowerLevels.Write(request, creator, version, creators)));

        // 4. The canonical alias.
        if (alias is { } name)
        {
            events.Add(new BlueprintEvent(EventTypes.CanonicalAlias, "", ContentWriter.Write(w => w.WriteString("alias"u8, name.Value))));
        }

        // 5. The preset's events, but those that initial_state has.
        var initial = request.InitialState.Where(s => !IsReplaced(s, request)).ToList();
        var preset = PresetEvents(request.Preset);
        events.AddRange(preset.Where(p => !initial.Any(s => s.Type == p.Type && s.StateKey == p.StateKey)));

        // 6. initial_state.
        events.AddRange(initial.Select(s => Initial(s, version)));

        // 7. Name and topic.
        if (request.Name is { } roomName)
        {
            events.Add(new BlueprintEvent(EventTypes.Name, "", ContentWriter.Write(w => w.WriteString("name"u8, roomName))));
        }

        if (request.Topic is { } topic)
        {
            events.Add(new BlueprintEvent(EventTypes.Topic, "", TopicContent(topic)));
        }

        // 8. Invitations.
        events.AddRange(request.Invites.Where(user => user != creator).Select(user => Member(user, "invite", profiles, request.InviteReason, request.IsDirect)));
        foreach (var made in events)
        {
            CheckCanonical(made.Type, made.Content.Span, version);
        }

        return new RoomBlueprint { Creator = creator, Version = version, CreateContent = content, Events = events, Alias = alias, IsPublic = request.IsPublic };
    }

    /// <summary>The content of <c>m.room.topic</c> for a plain text, with its text block (since v1.15).</summary>
    public static ReadOnlyMemory<byte> TopicContent(string topic) => ContentWriter.Write(writer =>
    {
        writer.WriteString("topic"u8, topic);
        writer.WriteStartObject("m.topic"u8);
        writer.WriteStartArray("m.text"u8);
        writer.WriteStartObject();
        writer.WriteString("mimetype"u8, "text/plain"u8);
        writer.WriteString("body"u8, topic);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static BlueprintEvent[] PresetEvents(RoomPreset preset) =>
    [
        Setting(EventTypes.JoinRules, "join_rule", preset == RoomPreset.PublicChat ? "public" : "invite"),
        Setting(EventTypes.HistoryVisibility, "history_visibility", "shared"),
        Setting(EventTypes.GuestAccess, "guest_access", preset == RoomPreset.PublicChat ? "forbidden" : "can_join"),
    ];

    private static BlueprintEvent Setting(string type, string name, string value) => new(type, "", ContentWriter.Write(w => w.WriteString(name, value)));

    /// <summary><c>name</c> and <c>topic</c> of the request overwrite such events in <c>initial_state</c>.</summary>
    private static bool IsReplaced(NewState state, CreateRoomRequest request) =>
        state.StateKey.Length == 0 && ((state.Type == EventTypes.Name && request.Name is not null) || (state.Type == EventTypes.Topic && request.Topic is not null));

    private static BlueprintEvent Initial(NewState state, RoomVersion version)
    {
        if (state.Type == EventTypes.Create)
        {
            throw new MatrixException(MatrixError.InvalidRoomState, "initial_state cannot have an m.room.create");
        }

        // Invitations have a list of their own, which knows who blocks them; nobody can be joined by another.
        if (state.Type == EventTypes.Member && !(state.Content.TryGetProperty("membership", out var membership) && membership.ValueKind == JsonValueKind.String && membership.ValueEquals("ban"u8)))
        {
            throw new MatrixException(MatrixError.InvalidRoomState, "The only memberships in initial_state can be bans");
        }

        if (state.Type == EventTypes.PowerLevels && state.StateKey.Length == 0 && Content.PowerLevelsContent.Fault(state.Content, version) is { } fault)
        {
            throw new MatrixException(MatrixError.InvalidRoomState, fault);
        }

        if (Encoding.UTF8.GetByteCount(state.Type) > PduReader.KeyBytesMax || Encoding.UTF8.GetByteCount(state.StateKey) > PduReader.KeyBytesMax)
        {
            throw new MatrixException(MatrixError.InvalidRoomState, $"A type or state_key in initial_state is longer than {PduReader.KeyBytesMax} bytes");
        }

        return new BlueprintEvent(state.Type, state.StateKey, JsonMarshal.GetRawUtf8Value(state.Content).ToArray());
    }

    private static BlueprintEvent Member(UserId user, string membership, IReadOnlyDictionary<UserId, MemberProfile> profiles, string? reason, bool isDirect)
    {
        var profile = profiles.GetValueOrDefault(user, MemberProfile.None);
        return new BlueprintEvent(EventTypes.Member, user.Value, ContentWriter.Write(writer =>
        {
            writer.WriteString("membership"u8, membership);
            if (profile.DisplayName is not null)
            {
                writer.WriteString("displayname"u8, profile.DisplayName);
            }

            if (profile.AvatarUrl is not null)
            {
                writer.WriteString("avatar_url"u8, profile.AvatarUrl);
            }

            if (reason is not null)
            {
                writer.WriteString("reason"u8, reason);
            }

            if (isDirect)
            {
                writer.WriteBoolean("is_direct"u8, true);
            }
        }));
    }

    private static void CheckCanonical(string type, ReadOnlySpan<byte> content, RoomVersion version)
    {
        if (!CanonicalJson.TryEncode(content, version.Canonical, [], out _, out var fault))
        {
            throw new MatrixException(MatrixError.BadJson, $"The content of {type} is {fault}");
        }
    }
}
