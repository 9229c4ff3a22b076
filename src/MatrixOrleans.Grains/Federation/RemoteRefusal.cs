using System.Text.Json;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Grains.Federation;

/// <summary>What a user hears when another server fails the request.</summary>
internal static class RemoteRefusal
{
    /// <summary>Refusals are passed on as they are; that our own request was wrong is our fault and not the user's.</summary>
    public static MatrixException Of(FederationException failure) => failure switch
    {
        { Failure: FederationFailure.Refused, Status: >= 400 and < 500 and not 401 and not 405, ErrorCode: { } code } when code is not ("M_MISSING_PARAM" or "M_INVALID_PARAM" or "M_UNRECOGNIZED") =>
            new MatrixException(new MatrixError(code, failure.Status.Value), $"{failure.Server} refuses") { ExtraJson = RoomVersion(failure) ?? "" },
        { Failure: FederationFailure.Forbidden } => new MatrixException(MatrixError.Forbidden, $"This server does not federate with {failure.Server}"),
        _ => new MatrixException(MatrixError.Unknown.WithStatus(502), $"{failure.Server} cannot be asked"),
    };

    /// <summary><c>M_INCOMPATIBLE_ROOM_VERSION</c> says which version the room has.</summary>
    private static string? RoomVersion(FederationException failure)
    {
        if (failure.ErrorCode != MatrixError.IncompatibleRoomVersion.Code || failure.Body.IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(failure.Body.Span) is { ValueKind: JsonValueKind.Object } body
                && body.TryGetProperty("room_version"u8, out var version) && version.ValueKind == JsonValueKind.String
                    ? $$"""{"room_version":"{{JsonEncodedText.Encode(version.GetString()!)}}"}"""
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
