using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>The reason of a report, as the three operations take it.</summary>
internal static class ReportReason
{
    /// <summary>Longest reason in UTF-16 units.</summary>
    private const int LengthMax = 8_192;

    /// <exception cref="MatrixException">M_BAD_JSON, M_TOO_LARGE</exception>
    public static string? Optional(JsonElement body) => JsonMembers.Text(body, "reason") is { } reason && reason.Length > LengthMax
        ? throw new MatrixException(MatrixError.TooLarge, $"A reason may have {LengthMax} characters")
        : JsonMembers.Text(body, "reason");

    /// <exception cref="MatrixException">M_BAD_JSON, M_TOO_LARGE, M_MISSING_PARAM</exception>
    public static string Required(JsonElement body) => Optional(body) ?? throw new MatrixException(MatrixError.MissingParam, "reason is missing");
}
