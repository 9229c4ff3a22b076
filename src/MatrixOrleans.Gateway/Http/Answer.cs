using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.Http;

/// <summary>A JSON answer: its bytes and its status.</summary>
public sealed record Answer(ReadOnlyMemory<byte> Body, int Status = StatusCodes.Status200OK)
{
    /// <summary>How records become answers: <c>snake_case</c> members, absent when null.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary><c>{}</c></summary>
    public static readonly Answer Empty = new("{}"u8.ToArray());

    public string ContentType { get; init; } = "application/json";

    /// <summary>Header lines beside the usual ones.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>Writes the body in place of <see cref="Body"/>, for answers that do not fit into memory.</summary>
    public Func<Stream, CancellationToken, Task>? WriteBody { get; init; }

    /// <summary>Bytes that <see cref="WriteBody"/> writes.</summary>
    public long BodyLength { get; init; }

    public static Answer Of<T>(T value, int status = StatusCodes.Status200OK) => new(JsonSerializer.SerializeToUtf8Bytes(value, Json), status);

    public static Answer Text(string json, int status = StatusCodes.Status200OK) => new(Encoding.UTF8.GetBytes(json), status);

    /// <summary>An answer written by hand, for bodies that hold events.</summary>
    public static Answer Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            write(writer);
        }

        return new Answer(buffer.WrittenMemory);
    }
}
