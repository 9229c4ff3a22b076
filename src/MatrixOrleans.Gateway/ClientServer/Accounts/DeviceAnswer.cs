using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>A device in an answer (Client-Server API, "Device").</summary>
internal sealed record DeviceAnswer(string DeviceId, string? DisplayName, string? LastSeenIp, long? LastSeenTs)
{
    public static async ValueTask<IReadOnlyList<DeviceAnswer>> All(ClientRequest request) =>
        [.. (await request.Grains.GetGrain<IAccountGrain>(request.User.Value).Devices()).Select(Of)];

    private static DeviceAnswer Of(DeviceInfo device) => new(device.DeviceId, device.DisplayName, device.LastSeenIp, device.LastSeenMs);
}
