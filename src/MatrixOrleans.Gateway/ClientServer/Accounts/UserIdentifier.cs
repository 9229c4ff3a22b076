using System.Text.Json;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Whom a client means when it logs in or confirms (Client-Server API, "Identifier types").</summary>
internal readonly record struct UserIdentifier
{
    /// <summary>The account that is meant; <c>null</c> when nobody can have it here.</summary>
    public UserId? User { get; private init; }

    /// <summary>The client named nobody.</summary>
    public bool IsMissing { get; private init; }

    /// <param name="identifier">The member <c>identifier</c>.</param>
    /// <param name="legacyUser">The deprecated member <c>user</c>.</param>
    /// <exception cref="MatrixException">M_MISSING_PARAM, M_INVALID_PARAM</exception>
    public static UserIdentifier Read(ClientRequest request, JsonElement? identifier, string? legacyUser)
    {
        if (identifier is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given)
        {
            return legacyUser is null ? new UserIdentifier { IsMissing = true } : new UserIdentifier { User = Find(request, legacyUser) };
        }

        if (given.ValueKind != JsonValueKind.Object)
        {
            throw new MatrixException(MatrixError.BadJson, "identifier must be an object");
        }

        return Text(given, "type") switch
        {
            "m.id.user" => new UserIdentifier { User = Find(request, Text(given, "user") ?? throw new MatrixException(MatrixError.MissingParam, "identifier.user is missing")) },

            // No account has a third-party identifier here: "the homeserver must respond with 403".
            "m.id.thirdparty" or "m.id.phone" => default,
            null when given.TryGetProperty("medium", out _) => default,
            null => throw new MatrixException(MatrixError.MissingParam, "identifier.type is missing"),
            _ => throw new MatrixException(MatrixError.InvalidParam, "Unknown type of identifier"),
        };
    }

    /// <summary>A full user id or a localpart of the homeserver that is asked; another tenant is a stranger.</summary>
    private static UserId? Find(ClientRequest request, string text)
    {
        if (text.StartsWith('@'))
        {
            return UserId.TryParse(text, out var user) && user.ServerName == request.Tenant ? user : null;
        }

        // New accounts are in lower case only, so a localpart typed with capitals means those.
        return UserId.TryParse($"@{text.ToLowerInvariant()}:{request.Tenant}", out var local) ? local : null;
    }

    private static string? Text(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new MatrixException(MatrixError.BadJson, $"identifier.{name} must be a string");
    }
}
