namespace MatrixOrleans.Protocol.Users;

/// <summary>Types of account data that the server itself gives a meaning to (Client-Server API, "Client Config").</summary>
public static class AccountDataTypes
{
    public const string FullyRead = "m.fully_read";
    public const string PushRules = "m.push_rules";

    /// <summary>Longest type in bytes.</summary>
    public const int TypeBytesMax = 255;

    /// <summary>Whether the server manages the type: clients read it, and set it by other operations.</summary>
    public static bool IsServerManaged(string type) => type is FullyRead or PushRules;
}
