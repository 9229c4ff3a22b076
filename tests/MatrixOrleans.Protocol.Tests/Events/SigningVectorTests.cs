using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Events;

/// <summary>Appendices, "Cryptographic Test Vectors", "Event Signing".</summary>
public sealed class SigningVectorTests
{
    [Theory]
    [InlineData(
        """
        {"room_id":"!x:domain","sender":"@a:domain","origin":"domain","origin_server_ts":1000000,"signatures":{},"hashes":{},"type":"X","content":{},
         "prev_events":[],"auth_events":[],"depth":3,"unsigned":{"age_ts":1000000}}
        """,
        "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos",
        "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg")]
    [InlineData(
        """
        {"content":{"body":"Here is the message content"},"event_id":"$0:domain","origin":"domain","origin_server_ts":1000000,"type":"m.room.message",
         "room_id":"!r:domain","sender":"@u:domain","signatures":{},"unsigned":{"age_ts":1000000}}
        """,
        "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g",
        "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA")]
    public void Hash_and_signature_of_the_specification_come_out(string json, string hash, string signature)
    {
        var made = UnpaddedBase64.Encode(EventHash.ContentHash(Encoding.UTF8.GetBytes(json), RoomVersions.V1));
        Assert.Equal(hash, made);
        var hashed = JsonElement.Parse(json.Replace("\"hashes\":{},", "", StringComparison.Ordinal).TrimEnd()[..^1] + $",\"hashes\":{{\"sha256\":\"{hash}\"}}}}");
        using var key = SampleEvents.Key();
        Assert.Equal(signature, UnpaddedBase64.Encode(key.Sign(EventHash.SigningBytes(hashed, RoomVersions.V1))));
    }
}
