using System.Text.Json;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Sync.Sliding;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>Writes rooms of a sliding-sync answer, in either shape (MSC4186, "RoomResult").</summary>
internal sealed class SlidingRoomWriter(Utf8JsonWriter writer, SyncContext context, SlidingShape shape)
{
    private readonly ByteBuffer _event = new(2048);

    private bool IsStable => shape == SlidingShape.Stable;

    public void Write(SlidingSection section)
    {
        writer.WriteStartObject(section.Room.RoomId.Value);
        if (section.Initial)
        {
            writer.WriteBoolean("initial"u8, true);
        }

        if (IsStable)
        {
            writer.WriteString("membership"u8, section.Room.Membership.Text());
            if (section.Lists.Count > 0)
            {
                writer.WriteStartArray("lists"u8);
                foreach (var list in section.Lists)
                {
                    writer.WriteStringValue(list);
                }

                writer.WriteEndArray();
            }
        }

        if (section.BumpStamp is { } bump)
        {
            writer.WriteNumber("bump_stamp"u8, bump);
        }

        if (section.IsDm is { } isDm)
        {
            writer.WriteBoolean("is_dm"u8, isDm);
        }

        if (section.Stripped is { } stripped)
        {
            writer.WritePropertyName(IsStable ? "stripped_state"u8 : "invite_state"u8);
            writer.WriteRawValue(stripped.Span, skipInputValidation: true);
        }

        State(section);
        if (section.Stripped is null)
        {
            Summary(section);
            Timeline(section);
        }

        writer.WriteEndObject();
    }

    private void Summary(SlidingSection section)
    {
        Text("name", section.Name, section.Initial);
        Text("avatar", section.Avatar, section.Initial);
        if (section.Heroes is { } heroes)
        {
            writer.WriteStartArray("heroes"u8);
            foreach (var hero in heroes)
            {
                writer.WriteStartObject();
                writer.WriteString("user_id"u8, hero.UserId.Value);
                if (hero.DisplayName is { } name)
                {
                    writer.WriteString("displayname"u8, name);
                }

                if (hero.AvatarUrl is { } avatar)
                {
                    writer.WriteString("avatar_url"u8, avatar);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        Number("joined_count", section.JoinedCount);
        Number("invited_count", section.InvitedCount);
        Number("notification_count", section.Unread?.Notifications);
        Number("highlight_count", section.Unread?.Highlights);
    }

    /// <summary>What is gone is told as <c>null</c>, where the client may have had something.</summary>
    private void Text(string name, (bool Changed, string? Value) text, bool isInitial)
    {
        if (!text.Changed || (text.Value is null && isInitial))
        {
            return;
        }

        writer.WriteString(name, text.Value);
    }

    private void Number(string name, int? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private void State(SlidingSection section)
    {
        if (section.State.Count + section.Deleted.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("required_state"u8);
        foreach (var pdu in section.State)
        {
            Event(ClientEvent.SharedBytes(pdu), new ClientUnsigned { AgeMs = context.NowMs - pdu.OriginServerTs });
        }

        foreach (var key in section.Deleted.Where(_ => IsStable))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, key.Type);
            writer.WriteString("state_key"u8, key.Key);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void Timeline(SlidingSection section)
    {
        if (section.Timeline.Count > 0)
        {
            writer.WriteStartArray(IsStable ? "timeline_events"u8 : "timeline"u8);
            foreach (var shown in section.Timeline)
            {
                Event(shown.Shared, Unsigned(section, shown));
            }

            writer.WriteEndArray();
            writer.WriteNumber("num_live"u8, section.LiveCount);
        }

        if (section.Limited || section.Timeline.Count > 0)
        {
            writer.WriteBoolean("limited"u8, section.Limited);
        }

        if (section.Expanded)
        {
            writer.WriteBoolean(IsStable ? "expanded_timeline"u8 : "unstable_expanded_timeline"u8, true);
        }

        if (section.PrevBatch is { } prev)
        {
            writer.WriteString("prev_batch"u8, prev);
        }
    }

    private ClientUnsigned Unsigned(SlidingSection section, TailEvent shown) => SyncWriter.Unsigned(context, section.Room, section.Relations, shown);

    private void Event(ReadOnlySpan<byte> shared, ClientUnsigned unsigned)
    {
        _event.Truncate(0);
        ClientEvent.Complete(shared, null, unsigned, _event);
        writer.WriteRawValue(_event.WrittenSpan, skipInputValidation: true);
    }
}
