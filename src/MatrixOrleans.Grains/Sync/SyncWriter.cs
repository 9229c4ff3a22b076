using System.Text.Json;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Presence;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Sync;

/// <summary>Writes a <c>/sync</c> v3 answer (Client-Server API, <c>GET /sync</c>).</summary>
internal sealed class SyncWriter(Utf8JsonWriter writer, SyncContext context)
{
    private readonly ByteBuffer _event = new(2048);

    public void Write(
        SyncToken next,
        IReadOnlyList<RoomSection> joined,
        IReadOnlyList<(UserRoom Room, ReadOnlyMemory<byte> State)> invited,
        IReadOnlyList<(UserRoom Room, ReadOnlyMemory<byte> State)> knocked,
        IReadOnlyList<RoomSection> left,
        IReadOnlyList<(string Type, ReadOnlyMemory<byte> Json)> accountData,
        IReadOnlyList<ToDeviceRow> toDevice,
        IReadOnlyList<PresenceView> presence,
        DeviceListMoves deviceLists,
        KeyCounts keys)
    {
        writer.WriteStartObject();
        writer.WriteString("next_batch"u8, next.ToString());
        if (joined.Count + invited.Count + knocked.Count + left.Count > 0)
        {
            writer.WriteStartObject("rooms"u8);
            Rooms("join", joined);
            Stripped("invite", "invite_state", invited);
            Stripped("knock", "knock_state", knocked);
            Rooms("leave", left);
            writer.WriteEndObject();
        }

        if (accountData.Count > 0)
        {
            AccountData(accountData);
        }

        if (toDevice.Count > 0)
        {
            ToDevice(toDevice);
        }

        if (presence.Count > 0)
        {
            writer.WriteStartObject("presence"u8);
            writer.WriteStartArray("events"u8);
            foreach (var view in presence)
            {
                PresenceEvent.Write(writer, view, context.NowMs);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        if (!deviceLists.IsEmpty)
        {
            writer.WriteStartObject("device_lists"u8);
            DeviceListMembers(writer, deviceLists);
            writer.WriteEndObject();
        }

        if (context.Request.DeviceId is not null)
        {
            KeyCountMembers(writer, keys);
        }

        writer.WriteEndObject();
    }

    /// <summary>The counts of the device's keys, into an object that is open.</summary>
    public static void KeyCountMembers(Utf8JsonWriter writer, KeyCounts keys)
    {
        writer.WriteStartObject("device_one_time_keys_count"u8);
        foreach (var (algorithm, count) in keys.OneTimeKeys)
        {
            writer.WriteNumber(algorithm, count);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("device_unused_fallback_key_types"u8);
        foreach (var type in keys.UnusedFallbackTypes)
        {
            writer.WriteStringValue(type);
        }

        writer.WriteEndArray();
    }

    /// <summary><c>changed</c> and <c>left</c>, into an object that is open.</summary>
    public static void DeviceListMembers(Utf8JsonWriter writer, DeviceListMoves moves)
    {
        Write("changed", moves.Changed);
        Write("left", moves.Left);

        void Write(string name, IReadOnlyList<UserId> users)
        {
            writer.WriteStartArray(name);
            foreach (var user in users)
            {
                writer.WriteStringValue(user.Value);
            }

            writer.WriteEndArray();
        }
    }

    private void Rooms(string name, IReadOnlyList<RoomSection> sections)
    {
        if (sections.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var section in sections)
        {
            writer.WriteStartObject(section.Room.RoomId.Value);
            Summary(section.Summary);
            writer.WriteStartObject(StateName());
            writer.WriteStartArray("events"u8);
            foreach (var pdu in section.State)
            {
                Event(pdu, ClientEvent.SharedBytes(pdu), new ClientUnsigned { AgeMs = context.NowMs - pdu.OriginServerTs });
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            Timeline(section);
            if (section.Ephemeral.Count > 0 || (context.IsInitial && name == "join"))
            {
                writer.WriteStartObject("ephemeral"u8);
                writer.WriteStartArray("events"u8);
                foreach (var json in section.Ephemeral)
                {
                    writer.WriteRawValue(json.Span, skipInputValidation: true);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            if (section.AccountData.Count > 0)
            {
                AccountData(section.AccountData);
            }

            section.Unread?.Write(writer, context.Filter.Room.Timeline.UnreadThreadNotifications);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private string StateName() => !context.Request.UseStateAfter ? "state"
        : context.Request.UnstableStateAfterName ? "org.matrix.msc4222.state_after" : "state_after";

    private void Timeline(RoomSection section)
    {
        writer.WriteStartObject("timeline"u8);
        writer.WriteStartArray("events"u8);
        foreach (var shown in section.Timeline)
        {
            Event(shown.Pdu, shown.Shared, Unsigned(context, section.Room, section.Relations, shown));
        }

        writer.WriteEndArray();
        writer.WriteBoolean("limited"u8, section.Limited);
        if (section.PrevBatch is not null)
        {
            writer.WriteString("prev_batch"u8, section.PrevBatch);
        }

        writer.WriteEndObject();
    }

    /// <summary>The <c>unsigned</c> of an event that the reader of the answer gets.</summary>
    public static ClientUnsigned Unsigned(SyncContext context, UserRoom room, IReadOnlyDictionary<EventId, ReadOnlyMemory<byte>> relations, TailEvent shown) => new()
    {
        AgeMs = context.NowMs - shown.Pdu.OriginServerTs,
        TransactionId = shown.TxnId is not null && shown.TxnDevice == context.Request.DeviceId && shown.Pdu.Sender == context.User ? shown.TxnId : null,
        PrevContent = shown.Replaces is { } replaced && shown.RedactedBecause is null ? (ReadOnlyMemory<byte>?)replaced.ContentUtf8.ToArray() : null,
        ReplacesState = shown.Replaces?.EventId,
        Relations = relations.TryGetValue(shown.Pdu.EventId, out var bundle) ? (ReadOnlyMemory<byte>?)bundle : null,
        Membership = shown.Pdu.Is(EventTypes.Member, context.User.Value) ? MembershipText.Of(shown.Pdu)
            : room.Membership == Membership.Join && shown.RoomSeq >= room.RoomSeq ? Membership.Join : null,
        RedactedBecause = shown.RedactedBecause is { } redaction ? (ReadOnlyMemory<byte>?)ClientEvent.ToBytes(redaction) : null,
    };

    private void Event(Pdu pdu, ReadOnlySpan<byte> shared, ClientUnsigned unsigned)
    {
        if (context.Filter.Format == EventFormat.Federation)
        {
            writer.WriteRawValue(pdu.Json.Span, skipInputValidation: true);
            return;
        }

        _event.Truncate(0);
        ClientEvent.Complete(shared, null, unsigned, _event);
        if (context.Filter.Fields is { } fields)
        {
            var picked = new ByteBuffer(_event.Length);
            fields.Write(JsonElement.Parse(_event.WrittenSpan), picked);
            writer.WriteRawValue(picked.WrittenSpan, skipInputValidation: true);
            return;
        }

        writer.WriteRawValue(_event.WrittenSpan, skipInputValidation: true);
    }

    private void Summary(RoomSummary? summary)
    {
        if (summary is null)
        {
            return;
        }

        writer.WriteStartObject("summary"u8);
        if (summary.Heroes is not null)
        {
            writer.WriteStartArray("m.heroes"u8);
            foreach (var hero in summary.Heroes)
            {
                writer.WriteStringValue(hero);
            }

            writer.WriteEndArray();
        }

        writer.WriteNumber("m.joined_member_count"u8, summary.JoinedCount ?? 0);
        writer.WriteNumber("m.invited_member_count"u8, summary.InvitedCount ?? 0);
        writer.WriteEndObject();
    }

    private void Stripped(string name, string stateName, IReadOnlyList<(UserRoom Room, ReadOnlyMemory<byte> State)> list)
    {
        if (list.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (room, state) in list)
        {
            writer.WriteStartObject(room.RoomId.Value);
            writer.WriteStartObject(stateName);
            writer.WritePropertyName("events"u8);
            writer.WriteRawValue(state.Span, skipInputValidation: true);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void AccountData(IReadOnlyList<(string Type, ReadOnlyMemory<byte> Json)> data)
    {
        writer.WriteStartObject("account_data"u8);
        writer.WriteStartArray("events"u8);
        AccountDataEvents(writer, data);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Into an array that is open.</summary>
    public static void AccountDataEvents(Utf8JsonWriter writer, IReadOnlyList<(string Type, ReadOnlyMemory<byte> Json)> data)
    {
        foreach (var (type, json) in data)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WritePropertyName("content"u8);
            writer.WriteRawValue(json.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }
    }

    private void ToDevice(IReadOnlyList<ToDeviceRow> messages)
    {
        writer.WriteStartObject("to_device"u8);
        ToDeviceEvents(writer, messages);
        writer.WriteEndObject();
    }

    /// <summary><c>events</c>, into an object that is open.</summary>
    public static void ToDeviceEvents(Utf8JsonWriter writer, IReadOnlyList<ToDeviceRow> messages)
    {
        writer.WriteStartArray("events"u8);
        foreach (var message in messages)
        {
            writer.WriteStartObject();
            writer.WriteString("sender"u8, message.Sender);
            writer.WriteString("type"u8, message.Type);
            writer.WritePropertyName("content"u8);
            writer.WriteRawValue(message.Json.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
