using System.Buffers.Text;
using System.Globalization;
using System.Text;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Directory;

/// <summary>A place in the tree of a space, with what was asked for: pages of one walk cannot ask for different things.</summary>
internal readonly record struct HierarchyToken(string Space, bool SuggestedOnly, int Depth, int Listed)
{
    public static HierarchyToken Of(RoomId space, HierarchyQuery query, int listed) => new(space.Value, query.SuggestedOnly, query.Depth, listed);

    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static HierarchyToken Parse(string text)
    {
        if (Base64Url.IsValid(text)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ') is [var listed, var depth, var suggested, var space]
            && suggested is ("s" or "a")
            && int.TryParse(listed, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && int.TryParse(depth, NumberStyles.None, CultureInfo.InvariantCulture, out var levels))
        {
            return new HierarchyToken(space, suggested == "s", levels, count);
        }

        throw new MatrixException(MatrixError.InvalidParam, "from is not a pagination token of this server");
    }

    /// <summary>How many rooms earlier pages had.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM when the token is of another walk.</exception>
    public int After(RoomId space, HierarchyQuery query) =>
        Space == space.Value && SuggestedOnly == query.SuggestedOnly && Depth == query.Depth
            ? Listed
            : throw new MatrixException(MatrixError.InvalidParam, "suggested_only and max_depth cannot change on paginated requests");

    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Listed} {Depth} {(SuggestedOnly ? 's' : 'a')} {Space}")));
}
