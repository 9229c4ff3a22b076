using System.Security.Cryptography;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Media;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>The index of media, and that a row's bytes are always there.</summary>
public sealed class MediaStoreTests
{
    private const long Now = 1_000_000_000_000;
    private const long Hour = BlobStore.ClaimMs;

    private static readonly UserId Alice = UserId.Parse("@alice:one.test");
    private static readonly UserId Bob = UserId.Parse("@bob:one.test");

    [Theory]
    [MemberData(nameof(TestDatabase.Providers), MemberType = typeof(TestDatabase))]
    public async Task An_upload_is_found_and_counts_against_the_quota(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var row = await Add(test.Database, "one", Blob(1), 600);
        Assert.Equal(row, await test.Database.Media.Get(row.Uri));
        Assert.Null(await test.Database.Media.Get(Uri("two")));
        Assert.Equal(600, await test.Database.Media.BytesOf(Alice));
        await test.Database.Blobs.Claim(Blob(2), Now);
        Assert.Equal(MediaAdded.OverQuota, await test.Database.Media.Add(Row("two", Blob(2), 401), 1000));
        Assert.Equal(MediaAdded.Added, await test.Database.Media.Add(Row("two", Blob(2), 400), 1000));
        Assert.Equal(MediaAdded.Taken, await test.Database.Media.Add(Row("two", Blob(2), 0), 1000));
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Providers), MemberType = typeof(TestDatabase))]
    public async Task An_id_gets_its_content_once_from_its_maker_in_time(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var media = test.Database.Media;
        Assert.True(await media.Begin(Pending("a", Now + 10), 2));
        Assert.True(await media.Begin(Pending("b", Now + 10), 2));
        Assert.False(await media.Begin(Pending("c", Now + 10), 2));
        await test.Database.Blobs.Claim(Blob(1), Now);
        Assert.Equal(MediaAdded.NotYours, await media.Fill(Row("a", Blob(1), 5) with { Uploader = Bob }, 0, Now));
        Assert.Equal(MediaAdded.Unknown, await media.Fill(Row("z", Blob(1), 5), 0, Now));
        Assert.Equal(MediaAdded.Unknown, await media.Fill(Row("a", Blob(1), 5), 0, Now + 10));
        Assert.Equal(MediaAdded.OverQuota, await media.Fill(Row("a", Blob(1), 5), 4, Now));
        Assert.Equal(MediaAdded.Added, await media.Fill(Row("a", Blob(1), 5), 0, Now));
        Assert.Equal(MediaAdded.Taken, await media.Fill(Row("a", Blob(1), 5), 0, Now));
        Assert.Equal((Blob(1), 5L, "image/png"), ((await media.Get(Uri("a")))!.Blob, (await media.Get(Uri("a")))!.Size, (await media.Get(Uri("a")))!.ContentType));
        Assert.Equal(1, await test.Database.MediaUpkeep.RemoveExpired(Now + 10));
        Assert.Null(await media.Get(Uri("b")));
        Assert.NotNull(await media.Get(Uri("a")));
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Providers), MemberType = typeof(TestDatabase))]
    public async Task Bytes_go_with_the_last_media_that_has_them(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var (first, second) = (await Add(test.Database, "one", Blob(1), 5), await Add(test.Database, "two", Blob(1), 5));
        await test.Database.Blobs.Claim(Blob(2), Now);
        var spec = new ThumbnailSpec(32, 32, ThumbnailMethod.Crop, false);
        Assert.True(await test.Database.Media.AddThumbnail(new ThumbnailRow(first.Uri, spec, Blob(2), 3, "image/png")));
        Assert.Equal(Blob(2), (await test.Database.Media.Thumbnail(first.Uri, spec))!.Blob);
        Assert.Empty(await test.Database.Blobs.Doom(Now + (2 * Hour), 10));
        Assert.True(await test.Database.MediaUpkeep.Remove(first.Uri, Now));
        Assert.Null(await test.Database.Media.Thumbnail(first.Uri, spec));
        Assert.Equal([Blob(2)], await test.Database.Blobs.Doom(Now, 10));
        await test.Database.Blobs.Forget(Blob(2));
        Assert.True(await test.Database.MediaUpkeep.Remove(second.Uri, Now));
        Assert.False(await test.Database.MediaUpkeep.Remove(second.Uri, Now));
        Assert.Equal([Blob(1)], await test.Database.Blobs.Doom(Now, 10));
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Providers), MemberType = typeof(TestDatabase))]
    public async Task An_upload_never_gets_bytes_that_are_just_being_deleted(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var blobs = test.Database.Blobs;
        Assert.True(await blobs.Claim(Blob(1), Now));
        Assert.Empty(await blobs.Doom(Now + Hour - 1, 10));

        // The upload broke off: after the hour its bytes go, and meanwhile nobody may count on them.
        Assert.Equal([Blob(1)], await blobs.Doom(Now + Hour, 10));
        Assert.False(await blobs.Claim(Blob(1), Now + Hour));
        Assert.Equal(MediaAdded.BlobGone, await test.Database.Media.Add(Row("one", Blob(1), 5), 0));

        // A crash between deleting and forgetting: the next round finds it again.
        Assert.Equal([Blob(1)], await blobs.Doom(Now + Hour, 10));
        await blobs.Forget(Blob(1));
        Assert.Empty(await blobs.Doom(Now + Hour, 10));
        Assert.Equal(MediaAdded.BlobGone, await test.Database.Media.Add(Row("one", Blob(1), 5), 0));
        Assert.True(await blobs.Claim(Blob(1), Now + Hour));
        Assert.Equal(MediaAdded.Added, await test.Database.Media.Add(Row("one", Blob(1), 5), 0));
        Assert.Empty(await blobs.Doom(Now + (9 * Hour), 10));
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Providers), MemberType = typeof(TestDatabase))]
    public async Task A_users_uploads_are_listed_forbidden_and_removed_together(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var upkeep = test.Database.MediaUpkeep;
        var (one, two) = (await Add(test.Database, "one", Blob(1), 5), await Add(test.Database, "two", Blob(2), 6));
        Assert.Equal([two.Uri, one.Uri], (await upkeep.OfUser(Alice, 0, 10)).Select(row => row.Uri));
        Assert.Equal([one.Uri], (await upkeep.OfUser(Alice, 1, 10)).Select(row => row.Uri));
        Assert.Equal(2, await upkeep.CountOf(Alice));
        Assert.True(await upkeep.Protect(one.Uri, true));
        Assert.False(await upkeep.Quarantine(one.Uri, Bob));
        Assert.Equal(1, await upkeep.QuarantineOf(Alice, Bob));
        Assert.Equal(Bob.Value, (await test.Database.Media.Get(two.Uri))!.QuarantinedBy);
        Assert.True(await upkeep.Quarantine(two.Uri, null));
        Assert.Null((await test.Database.Media.Get(two.Uri))!.QuarantinedBy);
        Assert.Equal(0, await upkeep.RemoveRemote(long.MaxValue, Now));
        Assert.Equal(1, await upkeep.RemoveLocal(Now + 1, Now));
        Assert.Equal(1, await upkeep.RemoveOf(Alice, Now));
        Assert.Equal(0, await upkeep.CountOf(Alice));
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Providers), MemberType = typeof(TestDatabase))]
    public async Task Media_of_other_servers_goes_when_nobody_looks(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.Blobs.Claim(Blob(1), Now);
        var remote = Row("far", Blob(1), 5) with { Uri = MxcUri.Of(ServerName.Parse("far.test"), "far"), Uploader = null };
        Assert.Equal(MediaAdded.Added, await test.Database.Media.Add(remote, 1));
        await test.Database.Media.Seen(remote.Uri, Now + 50);
        Assert.Equal(0, await test.Database.MediaUpkeep.RemoveRemote(Now + 50, Now));
        await test.Database.MediaUpkeep.Quarantine(remote.Uri, Bob);
        Assert.Equal(0, await test.Database.MediaUpkeep.RemoveRemote(Now + 51, Now));
        await test.Database.MediaUpkeep.Quarantine(remote.Uri, null);
        Assert.Equal(1, await test.Database.MediaUpkeep.RemoveRemote(Now + 51, Now));
    }

    private static BlobId Blob(byte number) => BlobId.Of(SHA256.HashData([number]));

    private static MxcUri Uri(string id) => MxcUri.Of(Alice.ServerName, id);

    private static MediaRow Row(string id, BlobId blob, long size) => new(Uri(id), Alice, blob, size, "image/png", "a.png", Now, null, Now, false);

    private static MediaRow Pending(string id, long expiresMs) => new(Uri(id), Alice, null, 0, "", null, Now, expiresMs, Now, false);

    private static async Task<MediaRow> Add(Database database, string id, BlobId blob, long size)
    {
        await database.Blobs.Claim(blob, Now);
        var row = Row(id, blob, size);
        Assert.Equal(MediaAdded.Added, await database.Media.Add(row, 0));
        return row;
    }
}
