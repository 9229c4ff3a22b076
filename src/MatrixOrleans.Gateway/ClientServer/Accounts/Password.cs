using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>What a new password may be.</summary>
internal static class Password
{
    /// <summary>Longest password, in characters: hashing takes time that grows with it.</summary>
    public const int CharsMax = 512;

    /// <exception cref="MatrixException">M_MISSING_PARAM, M_WEAK_PASSWORD, M_INVALID_PARAM</exception>
    public static string Check(string? password) => password switch
    {
        null => throw new MatrixException(MatrixError.MissingParam, "A password is needed"),
        "" => throw new MatrixException(MatrixError.WeakPassword, "The password is empty"),
        { Length: > CharsMax } => throw new MatrixException(MatrixError.InvalidParam, $"A password has at most {CharsMax} characters"),
        _ => password,
    };
}
