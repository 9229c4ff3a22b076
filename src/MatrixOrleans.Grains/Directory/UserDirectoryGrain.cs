using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Search;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Directory;

/// <summary>Asks the user directory, which <see cref="UserDirectoryConsumer"/> keeps.</summary>
[StatelessWorker]
public sealed class UserDirectoryGrain(Database database) : Grain, IUserDirectoryGrain
{
    /// <summary>Most words that are looked for together.</summary>
    private const int WordsMax = 5;

    public async ValueTask<FoundUsers> Search(UserId user, string term, int limit)
    {
        term = term.Trim();
        var words = SearchWords.Of(Name(term), WordsMax);
        if (words.Count == 0 || limit < 1)
        {
            return new FoundUsers([], false);
        }

        var found = await database.UserDirectory.Find(user, term, words, limit + 1);
        return new FoundUsers([.. found.Take(limit).Select(u => new FoundUser(u.User, u.DisplayName, u.AvatarUrl))], found.Count > limit);
    }

    /// <summary>Of a user id the part that tells users of one server apart.</summary>
    private static string Name(string term) => term.StartsWith('@') && term.Contains(':', StringComparison.Ordinal) ? term[1..term.IndexOf(':', StringComparison.Ordinal)] : term;
}
