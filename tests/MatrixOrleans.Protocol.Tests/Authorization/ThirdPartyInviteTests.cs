using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

public class ThirdPartyInviteTests
{
    private static readonly SigningKey IdentityServer = SigningKey.FromSeed("ed25519:0", [.. Enumerable.Repeat((byte)7, 32)]);

    private static readonly SigningKey Stranger = SigningKey.FromSeed("ed25519:0", [.. Enumerable.Repeat((byte)8, 32)]);

    public static TheoryData<string> All => Versions.All;

    [Theory, MemberData(nameof(All))]
    public void A_signed_token_stands_for_an_invite(string version)
    {
        Room(version).TryMember(Alice, Bob, "invite", Signed(IdentityServer)).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void A_key_in_either_place_and_either_alphabet_counts(string version)
    {
        var url = UnpaddedBase64.EncodeUrlSafe(IdentityServer.PublicKey);
        var other = UnpaddedBase64.Encode(Stranger.PublicKey);

        Room(version, $$"""{"public_key":"{{url}}"}""").TryMember(Alice, Bob, "invite", Signed(IdentityServer)).IsAllowed();
        Room(version, $$"""{"public_key":"{{other}}","public_keys":[{"public_key":"x"},3,{"public_key":"{{url}}"}]}""")
            .TryMember(Alice, Bob, "invite", Signed(IdentityServer)).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void Without_a_valid_signature_it_is_rejected(string version)
    {
        Room(version).TryMember(Alice, Bob, "invite", Signed(Stranger)).IsRejected("no valid signature");
        Room(version, "{}").TryMember(Alice, Bob, "invite", Signed(IdentityServer)).IsRejected("no valid signature");
        Room(version).TryMember(Alice, Bob, "invite", Signed(IdentityServer).Replace("\"signatures\"", "\"sig\"", StringComparison.Ordinal))
            .IsRejected("no valid signature");
    }

    [Theory, MemberData(nameof(All))]
    public void A_banned_user_is_not_invited_by_token(string version) =>
        Room(version).Member(Bob, "ban").TryMember(Alice, Bob, "invite", Signed(IdentityServer)).IsRejected("banned");

    [Theory, MemberData(nameof(All))]
    public void What_is_signed_names_user_and_token(string version)
    {
        var room = Room(version);

        room.TryMember(Alice, Bob, "invite", """{"third_party_invite":{}}""").IsRejected("not signed");
        room.TryMember(Alice, Bob, "invite", """{"third_party_invite":null}""").IsRejected("not signed");
        room.TryMember(Alice, Bob, "invite", """{"third_party_invite":{"signed":[]}}""").IsRejected("not signed");
        room.TryMember(Alice, Bob, "invite", """{"third_party_invite":{"signed":{"token":"abc"}}}""").IsRejected("no mxid or token");
        room.TryMember(Alice, Bob, "invite", $$"""{"third_party_invite":{"signed":{"mxid":"{{Bob}}"} } }""").IsRejected("no mxid or token");
        room.TryMember(Alice, Carol, "invite", Signed(IdentityServer)).IsRejected("for somebody else");
        room.TryMember(Alice, Bob, "invite", Signed(IdentityServer, "unknown")).IsRejected("unknown token");
    }

    [Theory, MemberData(nameof(All))]
    public void Only_who_sent_the_third_party_invite_redeems_it(string version) =>
        Room(version).Member(Carol, "join").TryMember(Carol, Bob, "invite", Signed(IdentityServer)).IsRejected("made by somebody else");

    private static TestRoom Room(string version, string? content = null)
    {
        var room = new TestRoom(version).JoinRule("invite");
        room.Put(EventTypes.ThirdPartyInvite, Alice, "abc", content ?? $$"""{"public_key":"{{UnpaddedBase64.Encode(IdentityServer.PublicKey)}}"}""");
        return room;
    }

    private static string Signed(SigningKey key, string token = "abc")
    {
        var signed = CanonicalJson.Encode(Encoding.UTF8.GetBytes($$"""{"mxid":"{{Bob}}","sender":"{{Alice}}","token":"{{token}}"}"""));
        var text = Encoding.UTF8.GetString(signed)[..^1];
        var signature = UnpaddedBase64.Encode(key.Sign(signed));
        return $$"""{"third_party_invite":{"signed":{{text}},"signatures":{"id.test":{"ed25519:0":"{{signature}}"} } } } }""";
    }
}
