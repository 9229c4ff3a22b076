using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>Which rooms an extension speaks of; <c>null</c>: of all that the request has.</summary>
public sealed record RoomScope(ImmutableHashSet<string>? Lists, ImmutableHashSet<string>? Rooms)
{
    private const string Everything = "*";

    public bool CoversList(string name) => Lists is null || Lists.Contains(Everything) || Lists.Contains(name);

    public bool CoversSubscription(RoomId room) => Rooms is null || Rooms.Contains(Everything) || Rooms.Contains(room.Value);

    internal static RoomScope? Read(JsonElement extensions, string name) =>
        SlidingExtensions.Enabled(extensions, name) is { } json ? new RoomScope(FilterReader.Texts(json, "lists"), FilterReader.Texts(json, "rooms")) : null;
}

/// <param name="Since">Place in the device's messages; <c>null</c> for all that wait.</param>
public sealed record ToDeviceExtension(long? Since, int Limit);

/// <summary>What a sliding sync wants besides rooms; what is not enabled is <c>null</c> or false.</summary>
public sealed record SlidingExtensions
{
    public const string ThreadSubscriptionsName = "io.element.msc4308.thread_subscriptions";

    public static readonly SlidingExtensions None = new();

    private const int LimitDefault = 100;
    private const int LimitMax = 1_000;

    public ToDeviceExtension? ToDevice { get; private init; }

    public bool E2ee { get; private init; }

    public RoomScope? AccountData { get; private init; }

    public RoomScope? Receipts { get; private init; }

    public RoomScope? Typing { get; private init; }

    /// <summary>Most subscriptions of one answer (MSC4308).</summary>
    public int? ThreadSubscriptions { get; private init; }

    internal static SlidingExtensions Read(JsonElement? source) => source is not { } json ? None : new SlidingExtensions
    {
        ToDevice = Enabled(json, "to_device") is { } toDevice ? new ToDeviceExtension(Since(toDevice), Limit(toDevice)) : null,
        E2ee = Enabled(json, "e2ee") is not null,
        AccountData = RoomScope.Read(json, "account_data"),
        Receipts = RoomScope.Read(json, "receipts"),
        Typing = RoomScope.Read(json, "typing"),
        ThreadSubscriptions = Enabled(json, ThreadSubscriptionsName) is { } threads ? Limit(threads) : null,
    };

    internal static JsonElement? Enabled(JsonElement extensions, string name) =>
        FilterReader.Object(extensions, name) is { } json && FilterReader.Boolean(json, "enabled") == true ? json : null;

    private static int Limit(JsonElement json) => Math.Clamp(FilterReader.Limit(json) ?? LimitDefault, 1, LimitMax);

    private static long? Since(JsonElement json)
    {
        if (!json.TryGetProperty("since", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && ExtensionToken.TryParse(value.GetString(), out var position)
            ? position
            : throw new MatrixException(MatrixError.InvalidParam, "since is no token of this server");
    }
}
