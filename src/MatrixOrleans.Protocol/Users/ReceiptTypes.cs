namespace MatrixOrleans.Protocol.Users;

/// <summary>Kinds of read receipts (Client-Server API, "Receipts").</summary>
public static class ReceiptTypes
{
    public const string Read = "m.read";
    public const string ReadPrivate = "m.read.private";

    /// <summary>Taken where receipts are, kept as account data.</summary>
    public const string FullyRead = AccountDataTypes.FullyRead;

    /// <summary>The thread id of everything that is in no thread.</summary>
    public const string MainThread = "main";

    public static bool IsReceipt(string type) => type is Read or ReadPrivate;
}
