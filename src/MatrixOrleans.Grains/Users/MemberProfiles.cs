using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Creation;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Users;

/// <summary>The names of local users as member events carry them.</summary>
internal static class MemberProfiles
{
    private const string DisplayName = "displayname";

    private const string AvatarUrl = "avatar_url";

    public static async ValueTask<MemberProfile> Of(Database database, UserId user)
    {
        var fields = await database.Profiles.Get(user);
        return new MemberProfile(Text(fields.FirstOrDefault(field => field.Field == DisplayName)), Text(fields.FirstOrDefault(field => field.Field == AvatarUrl)));
    }

    /// <summary>Of several users, in two queries; who has no names is left out.</summary>
    public static async ValueTask<IReadOnlyDictionary<UserId, MemberProfile>> Of(Database database, IReadOnlyCollection<UserId> users)
    {
        var profiles = new Dictionary<UserId, MemberProfile>();
        foreach (var field in await database.Profiles.Get(users, DisplayName))
        {
            profiles[UserId.Parse(field.UserId)] = new MemberProfile(Text(field), null);
        }

        foreach (var field in await database.Profiles.Get(users, AvatarUrl))
        {
            var user = UserId.Parse(field.UserId);
            profiles[user] = profiles.GetValueOrDefault(user, MemberProfile.None) with { AvatarUrl = Text(field) };
        }

        return profiles;
    }

    /// <summary>A name that is no text, or an empty one, is none.</summary>
    private static string? Text(ProfileField? field) =>
        field is not null && JsonElement.Parse(field.Json.Span) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : null;
}
