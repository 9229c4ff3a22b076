using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Push;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>The rule that a path names: <c>/pushrules/global/{kind}/{ruleId}</c>.</summary>
internal static class PushRulePath
{
    public const string Template = "/_matrix/client/v3/pushrules/global/{kind}/{ruleId}";

    /// <summary>The rule as JSON.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND, M_INVALID_PARAM</exception>
    public static ValueTask<ReadOnlyMemory<byte>> Rule(ClientRequest request) => User(request).PushRule(Kind(request), request.Path("ruleId"));

    /// <summary>A change of the rule, to be completed.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static PushRuleChange Change(ClientRequest request, PushRuleEdit edit) => new() { Kind = Kind(request), RuleId = request.Path("ruleId"), Edit = edit };

    /// <summary>The user, whose grain does it.</summary>
    public static IUserGrain User(ClientRequest request) => request.Grains.GetGrain<IUserGrain>(request.User.Value);

    private static PushRuleKind Kind(ClientRequest request) => PushRuleKinds.TryParse(request.Path("kind"), out var kind)
        ? kind
        : throw new MatrixException(MatrixError.InvalidParam, "There is no such kind of push rules");
}
