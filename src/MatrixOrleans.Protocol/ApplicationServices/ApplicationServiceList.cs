using System.Collections.Frozen;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.ApplicationServices;

/// <summary>All application services of all homeservers of this process.</summary>
public sealed class ApplicationServiceList
{
    public static readonly ApplicationServiceList None = new([]);

    private readonly FrozenDictionary<string, ApplicationService> _byToken;
    private readonly FrozenDictionary<string, ApplicationService> _byId;

    /// <exception cref="ArgumentException">Two have one id or one token.</exception>
    public ApplicationServiceList(IReadOnlyList<ApplicationService> services)
    {
        All = services;
        if (services.Select(service => service.Id).Distinct().Count() < services.Count || services.Select(service => service.AsToken).Distinct().Count() < services.Count)
        {
            throw new ArgumentException("Each application service has an id and an as_token of its own");
        }

        _byToken = services.ToFrozenDictionary(service => service.AsToken, StringComparer.Ordinal);
        _byId = services.ToFrozenDictionary(service => service.Id, StringComparer.Ordinal);
    }

    public IReadOnlyList<ApplicationService> All { get; }

    /// <summary>Whose <c>as_token</c> it is; <c>null</c>: nobody's.</summary>
    public ApplicationService? OfToken(string token) => _byToken.GetValueOrDefault(token);

    public ApplicationService? Get(string id) => _byId.GetValueOrDefault(id);

    /// <exception cref="MatrixException">M_EXCLUSIVE: the user is another's.</exception>
    /// <param name="asking"><c>null</c>: somebody who is no application service.</param>
    public void CheckFree(UserId user, ApplicationService? asking)
    {
        if (asking is not null && !asking.IsMine(user))
        {
            throw new MatrixException(MatrixError.Exclusive, "The application service may only use users of its namespace");
        }

        if (All.Any(service => service != asking && service.IsExclusive(user)))
        {
            throw new MatrixException(MatrixError.Exclusive, "This username belongs to an application service");
        }
    }

    /// <exception cref="MatrixException">M_EXCLUSIVE: the alias is another's.</exception>
    /// <param name="asking"><c>null</c>: somebody who is no application service.</param>
    public void CheckFree(RoomAlias alias, ApplicationService? asking)
    {
        if (asking is not null && !asking.IsMine(alias))
        {
            throw new MatrixException(MatrixError.Exclusive, "The application service may only use aliases of its namespace");
        }

        if (All.Any(service => service != asking && service.IsExclusive(alias)))
        {
            throw new MatrixException(MatrixError.Exclusive, "This alias belongs to an application service");
        }
    }
}
