using System.Globalization;
using Orleans;

namespace MatrixOrleans.Protocol.Sync;

/// <summary>
/// Where a client's <c>/sync</c> stands (<c>since</c>, <c>next_batch</c>). A value and no row: any process understands any token, after any restart.
/// Written <c>s1_log_toDevice_epoch_version</c>, of characters that need no escape in a URL.
/// </summary>
/// <param name="LogPosition">The log was answered up to this position, inclusive; 0 before everything.</param>
/// <param name="ToDevicePosition">Messages to the device were delivered up to this position; lags behind when an answer was cut.</param>
/// <param name="EphemeralEpoch">Which life of the user's ephemeral view (typing, presence) the version belongs to; 0 for none.</param>
/// <param name="EphemeralVersion">The version of typing within the epoch.</param>
/// <param name="PresenceVersion">The version of presence within the epoch; written when it is not 0.</param>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.SyncToken")]
public readonly record struct SyncToken(
    [property: Id(0)] long LogPosition,
    [property: Id(1)] long ToDevicePosition,
    [property: Id(2)] uint EphemeralEpoch,
    [property: Id(3)] long EphemeralVersion,
    [property: Id(4)] long PresenceVersion = 0)
{
    private const string Prefix = "s1";

    /// <summary>Whether the text is a token of this format. Junk of any kind is answered with <c>false</c>.</summary>
    public static bool TryParse(string? text, out SyncToken token)
    {
        token = default;
        if (text is null || text.Length > TokenText.LengthMax || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text.AsSpan(Prefix.Length);
        if (!TokenText.TakeNumber(ref rest, 0, out var log)
            || !TokenText.TakeNumber(ref rest, 0, out var toDevice)
            || !TokenText.TakeNumber(ref rest, 0, out var epoch) || epoch > uint.MaxValue
            || !TokenText.TakeNumber(ref rest, 0, out var version))
        {
            return false;
        }

        var presence = 0L;
        if (!rest.IsEmpty && (!TokenText.TakeNumber(ref rest, 1, out presence) || !rest.IsEmpty))
        {
            return false;
        }

        token = new SyncToken(log, toDevice, (uint)epoch, version, presence);
        return true;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}_{LogPosition}_{ToDevicePosition}_{EphemeralEpoch}_{EphemeralVersion}{(PresenceVersion == 0 ? "" : $"_{PresenceVersion.ToString(CultureInfo.InvariantCulture)}")}");
}
