using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;
using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.Http;

/// <summary>Reads JSON bodies within bounds: size, depth, no key twice, valid UTF-8.</summary>
internal static class RequestBody
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
        MaxDepth = CanonicalJson.DepthMax,
    };

    private static readonly JsonDocumentOptions DocumentOptions = new() { AllowDuplicateProperties = false, MaxDepth = CanonicalJson.DepthMax };

    public static async ValueTask<JsonElement> ReadObject(HttpRequest request, int bytesMax, bool emptyIsObject) =>
        Parse(await ReadBytes(request, bytesMax), emptyIsObject);

    /// <exception cref="MatrixException">M_TOO_LARGE</exception>
    public static async ValueTask<byte[]> ReadBytes(HttpRequest request, int bytesMax)
    {
        if (request.ContentLength > bytesMax)
        {
            throw TooLarge();
        }

        var reader = request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (result.Buffer.Length > bytesMax)
            {
                reader.AdvanceTo(result.Buffer.End);
                throw TooLarge();
            }

            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            var bytes = result.Buffer.ToArray();
            reader.AdvanceTo(result.Buffer.End);
            return bytes;
        }
    }

    /// <summary>The object as a record.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON</exception>
    public static T Read<T>(JsonElement body)
    {
        try
        {
            return body.Deserialize<T>(Options) ?? throw new MatrixException(MatrixError.BadJson, "An object is needed");
        }
        catch (JsonException e)
        {
            throw new MatrixException(MatrixError.BadJson, $"Wrong type at {e.Path}");
        }
    }

    internal static JsonElement Parse(byte[] bytes, bool emptyIsObject)
    {
        if (emptyIsObject && bytes.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            return JsonElement.Parse("{}"u8);
        }

        if (!Utf8.IsValid(bytes))
        {
            throw new MatrixException(MatrixError.NotJson, "The body is not valid UTF-8");
        }

        JsonElement element;
        try
        {
            element = JsonElement.Parse(bytes, DocumentOptions);
        }
        catch (JsonException) when (HasOnlyDuplicates(bytes))
        {
            throw new MatrixException(MatrixError.BadJson, "The body has a key twice in one object");
        }
        catch (JsonException)
        {
            throw new MatrixException(MatrixError.NotJson, "The body is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            throw new MatrixException(MatrixError.NotJson, "The body is not valid JSON");
        }

        return element.ValueKind == JsonValueKind.Object ? element : throw new MatrixException(MatrixError.BadJson, "The body must be a JSON object");
    }

    private static bool HasOnlyDuplicates(byte[] bytes)
    {
        try
        {
            JsonElement.Parse(bytes, DocumentOptions with { AllowDuplicateProperties = true });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static MatrixException TooLarge() => new(MatrixError.TooLarge, "The body is too large");
}
