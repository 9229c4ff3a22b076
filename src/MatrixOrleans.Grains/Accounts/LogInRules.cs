using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Storage.Accounts;

namespace MatrixOrleans.Grains.Accounts;

/// <summary>Which accounts may open sessions (Client-Server API, "Login", "Account locking").</summary>
internal static class LogInRules
{
    /// <summary>Suspended accounts may log in; their sessions are suspended too.</summary>
    /// <exception cref="MatrixException">M_FORBIDDEN: no such account. M_USER_DEACTIVATED, M_USER_LOCKED.</exception>
    public static AccountRow Check(AccountRow? account) => account switch
    {
        null => throw Wrong(),
        { Deactivated: true } => throw new MatrixException(MatrixError.UserDeactivated, "This account has been deactivated"),
        { Locked: true } => throw Locked(),
        _ => account,
    };

    public static MatrixException Wrong() => new(MatrixError.Forbidden, "Wrong user or password");

    public static MatrixException Locked() => new(MatrixError.UserLocked, "This account has been locked") { SoftLogout = true };
}
