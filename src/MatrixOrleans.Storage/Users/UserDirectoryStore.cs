using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <summary>A user in the directory.</summary>
/// <param name="Words">By which the user is found, by their beginnings; in lower case.</param>
public sealed record DirectoryUser(UserId User, string? DisplayName, string? AvatarUrl, IReadOnlyList<string> Words);

/// <summary>The user directory (Client-Server API, "User Directory"). Who may be found is decided by memberships when somebody searches.</summary>
public sealed class UserDirectoryStore
{
    private readonly SqlSource _source;

    internal UserDirectoryStore(SqlSource source) => _source = source;

    /// <summary>Adds a user, or brings the entry up to date.</summary>
    public static async ValueTask Set(WriteSession session, DirectoryUser entry)
    {
        await session.Execute(
            """
            insert into directory_users (user_id, display_name, avatar_url, folded_name) values (@user, @name, @avatar, @folded)
            on conflict (user_id) do update set display_name = excluded.display_name, avatar_url = excluded.avatar_url, folded_name = excluded.folded_name
            """,
            ("user", entry.User.Value),
            ("name", entry.DisplayName),
            ("avatar", entry.AvatarUrl),
            ("folded", entry.DisplayName?.ToLowerInvariant() ?? "")).ConfigureAwait(false);
        await session.Execute("delete from directory_words where user_id = @user", ("user", entry.User.Value)).ConfigureAwait(false);
        foreach (var word in entry.Words.Distinct())
        {
            await session.Execute("insert into directory_words (word, user_id) values (@word, @user) on conflict do nothing", ("word", word), ("user", entry.User.Value)).ConfigureAwait(false);
        }
    }

    /// <summary>Says whether everybody may find the members of a room.</summary>
    /// <param name="tenants">Whose users are in the room.</param>
    public static async ValueTask SetOpen(WriteSession session, long roomNid, bool open, IReadOnlyCollection<ServerName> tenants)
    {
        if (!open)
        {
            await session.Execute("delete from open_rooms where room_nid = @room", ("room", roomNid)).ConfigureAwait(false);
            return;
        }

        foreach (var tenant in tenants.Select(t => t.Value).Append(""))
        {
            await session.Execute("insert into open_rooms (room_nid, tenant) values (@room, @tenant) on conflict do nothing", ("room", roomNid), ("tenant", tenant)).ConfigureAwait(false);
        }
    }

    /// <summary>Users of a tenant are in the room: if it is an open one, they may all find its members.</summary>
    public static async ValueTask Joined(WriteSession session, long roomNid, ServerName tenant) =>
        await session.Execute(
            """
            insert into open_rooms (room_nid, tenant) select @room, @tenant
            where exists (select 1 from open_rooms o where o.room_nid = @room and o.tenant = '') on conflict do nothing
            """,
            ("room", roomNid),
            ("tenant", tenant.Value)).ConfigureAwait(false);

    /// <summary>
    /// Users that have a word beginning with each of the given ones, of those who share a room with the user or, as the user may too, are in an open one
    /// that the user's server knows. Best first: the very id, the very name, whole words, then those who have a name.
    /// </summary>
    /// <param name="words">At least one; in lower case.</param>
    public async Task<IReadOnlyList<DirectoryUser>> Find(UserId user, string term, IReadOnlyList<string> words, int limit)
    {
        List<(string, object?)> values =
        [
            ("me", user.Value),
            ("tenant", user.ServerName.Value),
            ("term", term),
            ("folded", term.ToLowerInvariant()),
            ("first", words[0]),
            ("limit", (long)limit),
        ];
        var having = "";
        for (var i = 0; i < words.Count; i++)
        {
            having += $" and u.user_id in (select user_id from directory_words where word >= @from{i} and word < @to{i})";
            values.Add(($"from{i}", words[i]));
            values.Add(($"to{i}", words[i] + char.ConvertFromUtf32(0x10FFFF)));
        }

        return await _source.Query(
            $"""
            select u.user_id, u.display_name, u.avatar_url from directory_users u
            where 1 = 1 {having}
                and not exists (select 1 from accounts a where a.user_id = u.user_id and (a.deactivated = 1 or a.guest = 1))
                and (u.user_id <> @me and exists (select 1 from memberships m join memberships n on n.room_nid = m.room_nid
                        where m.user_id = @me and m.membership = 2 and n.user_id = u.user_id and n.membership = 2)
                    or exists (select 1 from memberships n join open_rooms o on o.room_nid = n.room_nid
                        where n.user_id = u.user_id and n.membership = 2 and o.tenant = @tenant))
            order by case
                when u.user_id = @term then 0
                when u.folded_name = @folded then 1
                when exists (select 1 from directory_words w where w.word = @first and w.user_id = u.user_id) then 2
                else 3 end, case when u.display_name is null then 1 else 0 end, u.user_id limit @limit
            """,
            static reader => new DirectoryUser(UserId.Parse(reader.String(0)), reader.StringOrNull(1), reader.StringOrNull(2), []),
            [.. values]).ConfigureAwait(false);
    }
}
