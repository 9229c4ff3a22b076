namespace MatrixOrleans.Protocol.Authorization;

/// <summary>What the authorization rules say of an event.</summary>
/// <param name="Reason">Why it was refused, in the words of the rule; empty when it is allowed.</param>
public readonly record struct Verdict(bool Allowed, string Reason)
{
    public static readonly Verdict Allow = new(true, "");

    public static Verdict Reject(string reason) => new(false, reason);

    public override string ToString() => Allowed ? "allowed" : "rejected: " + Reason;
}
