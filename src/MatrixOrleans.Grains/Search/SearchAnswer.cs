using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Search;

namespace MatrixOrleans.Grains.Search;

/// <summary>Writes the answer of <c>POST /search</c>.</summary>
internal static class SearchAnswer
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(
        ByteBuffer output, SearchCriteria criteria, SearchToken token, SearchResults results, IReadOnlyDictionary<RoomId, IReadOnlyList<ReadOnlyMemory<byte>>> state)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartObject("search_categories"u8);
        writer.WriteStartObject("room_events"u8);
        writer.WriteNumber("count"u8, results.Count);
        writer.WriteStartArray("highlights"u8);
        foreach (var word in criteria.Words.Distinct())
        {
            writer.WriteStringValue(word);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("results"u8);
        foreach (var hit in results.Hits)
        {
            WriteHit(writer, hit);
        }

        writer.WriteEndArray();
        if (criteria.IncludeState)
        {
            writer.WriteStartObject("state"u8);
            foreach (var (room, events) in state)
            {
                WriteEvents(writer, room.Value, events);
            }

            writer.WriteEndObject();
        }

        if (criteria.Groups.Count > 0)
        {
            writer.WriteStartObject("groups"u8);
            foreach (var key in criteria.Groups)
            {
                WriteGroups(writer, key, token, results);
            }

            writer.WriteEndObject();
        }

        if (results.NextOffset is { } next)
        {
            writer.WriteString("next_batch"u8, (token with { Offset = next }).ToString());
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
    }

    private static void WriteHit(Utf8JsonWriter writer, RankedHit hit)
    {
        writer.WriteStartObject();
        writer.WriteNumber("rank"u8, hit.Rank);
        writer.WritePropertyName("result"u8);
        writer.WriteRawValue(hit.Hit.Event.Span, skipInputValidation: true);
        if (hit.Hit.Context is { } context)
        {
            WriteContext(writer, context, hit.Hit.Profiles);
        }

        writer.WriteEndObject();
    }

    private static void WriteContext(Utf8JsonWriter writer, ContextPage context, IReadOnlyList<JoinedMember> profiles)
    {
        writer.WriteStartObject("context"u8);
        writer.WriteString("start"u8, context.Start);
        writer.WriteString("end"u8, context.End);
        WriteEvents(writer, "events_before", context.Before);
        WriteEvents(writer, "events_after", context.After);
        if (profiles.Count > 0)
        {
            writer.WriteStartObject("profile_info"u8);
            foreach (var profile in profiles)
            {
                writer.WriteStartObject(profile.UserId);
                if (profile.DisplayName is { } name)
                {
                    writer.WriteString("displayname"u8, name);
                }

                if (profile.AvatarUrl is { } avatar)
                {
                    writer.WriteString("avatar_url"u8, avatar);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Groups in the order of their first results.</summary>
    private static void WriteGroups(Utf8JsonWriter writer, string key, SearchToken token, SearchResults results)
    {
        writer.WriteStartObject(key);
        var order = 0;
        foreach (var group in results.Hits.GroupBy(hit => key == "room_id" ? hit.Room.Value : hit.Hit.Sender.Value))
        {
            writer.WriteStartObject(group.Key);
            writer.WriteNumber("order"u8, ++order);
            writer.WriteStartArray("results"u8);
            foreach (var hit in group)
            {
                writer.WriteStringValue(hit.Hit.EventId.Value);
            }

            writer.WriteEndArray();
            if (results.NextOffset is { } next)
            {
                // A room's results have places of their own in the list of that room; a sender's are met in the list of all.
                var own = key == "room_id" && token.Key != "room_id" ? results.Passed[group.First().Room] : next;
                writer.WriteString("next_batch"u8, new SearchToken(own, key, group.Key).ToString());
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteEvents(Utf8JsonWriter writer, string name, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        writer.WriteStartArray(name);
        foreach (var json in events)
        {
            writer.WriteRawValue(json.Span, skipInputValidation: true);
        }

        writer.WriteEndArray();
    }
}
