using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Sql;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Keys;

/// <summary>Cross-signing of a user. Signatures are checked first; what must hold together is decided in one transaction, so calls may interleave.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed class CrossSigningGrain(Database database, LogDebts debts) : Grain, ICrossSigningGrain
{
    private UserId User => UserId.Parse(this.GetPrimaryKeyString());

    public async ValueTask<bool> UploadKeys(ReadOnlyMemory<byte> body, bool isConfirmed)
    {
        var upload = CrossSigningUpload.Read(JsonElement.Parse(body.Span), User);
        var devices = await DeviceVerifyKeys();
        upload.CheckSignatures(User, Key(await database.CrossSigning.OfUsers([User]), CrossSigningUsage.Master), devices);
        var isDone = await database.Writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, User);
            var stored = await CrossSigningStore.OfUser(session, User);
            var master = stored.FirstOrDefault(row => row.Usage == CrossSigningUsage.Master);
            var news = upload.Keys.Where(key => !IsStored(key, stored)).ToList();
            if (news.Count == 0)
            {
                return true;
            }

            if (master is not null && !isConfirmed)
            {
                return false;
            }

            // Another master key may have come since the signatures were checked.
            upload.CheckSignatures(User, Key(stored, CrossSigningUsage.Master), devices);
            await Store(session, upload, news, stored, devices.Keys);
            return true;
        });
        await debts.Settle(User);
        return isDone;
    }

    public async ValueTask<ReadOnlyMemory<byte>> UploadSignatures(ReadOnlyMemory<byte> body)
    {
        var keys = SignatureUpload.Read(JsonElement.Parse(body.Span));
        var judging = await SignatureJudging.Of(database, User, keys);
        var good = new List<KeySignatureRow>();
        var refused = new List<(SignedKey Key, MatrixError Error)>();
        foreach (var key in keys)
        {
            var (signatures, refusal) = judging.Judge(key);
            if (refusal is { } error)
            {
                refused.Add((key, error));
            }

            good.AddRange(signatures.Select(signature => new KeySignatureRow(key.User, key.KeyId, User, signature.KeyId, signature.Signature)));
        }

        if (good.Count > 0)
        {
            await database.Writer.Execute(async (session, _) =>
            {
                foreach (var changed in await CrossSigningStore.Sign(session, good))
                {
                    if (changed == User)
                    {
                        await LogDebtStore.Add(session, User, LogDebtKind.DeviceList);
                    }
                    else
                    {
                        await LogDebtStore.Add(session, User, LogDebtKind.Signatures, changed.Value);
                    }
                }

                return 0;
            });
            await debts.Settle(User);
        }

        return Failures(refused);
    }

    private static bool IsStored(CrossSigningKey key, IReadOnlyList<CrossSigningRow> stored) =>
        stored.FirstOrDefault(row => row.Usage == key.Usage) is { } row && row.PublicKey == key.PublicKey && key.IsSame(row.Json.Span);

    private static CrossSigningKey? Key(IReadOnlyList<CrossSigningRow> rows, CrossSigningUsage usage) =>
        rows.FirstOrDefault(row => row.Usage == usage) is { } row ? CrossSigningKey.Stored(usage, row.PublicKey, row.Json) : null;

    /// <summary>Stores the new keys and owes the log the news: a user-signing key is the user's own matter, the others are everybody's.</summary>
    private async ValueTask Store(
        WriteSession session, CrossSigningUpload upload, IReadOnlyList<CrossSigningKey> news, IReadOnlyList<CrossSigningRow> stored, IEnumerable<string> devices)
    {
        var master = upload.Master ?? Key(stored, CrossSigningUsage.Master)
            ?? throw new MatrixException(MatrixError.MissingParam, "No master signing key is available");
        var isOther = stored.Any(row => row.Usage == CrossSigningUsage.Master && row.PublicKey != master.PublicKey);
        foreach (var row in stored.Where(row => news.Any(key => key.Usage == row.Usage && key.PublicKey != row.PublicKey) || (isOther && upload.Keys.All(key => key.Usage != row.Usage))))
        {
            // Replaced, or left behind: signed by a master key that is no more.
            await CrossSigningStore.Remove(session, row);
        }

        string[] signers = [master.KeyId, .. devices.Select(device => "ed25519:" + device)];
        foreach (var key in news)
        {
            if (await DeviceStore.Exists(session, User, key.PublicKey))
            {
                throw new MatrixException(MatrixError.Forbidden, "The key is the id of a device");
            }

            await CrossSigningStore.Set(session, new CrossSigningRow(User, key.Usage, key.PublicKey, CrossSigningUpload.Kept(key, User, signers)));
        }

        if (news.Any(key => key.Usage != CrossSigningUsage.UserSigning))
        {
            await LogDebtStore.Add(session, User, LogDebtKind.DeviceList);
        }
        else
        {
            await LogDebtStore.Add(session, User, LogDebtKind.Signatures, User.Value);
        }
    }

    private async ValueTask<IReadOnlyDictionary<string, VerifyKey>> DeviceVerifyKeys() => SignatureJudging.VerifyKeys(await database.DeviceKeys.OfUsers([User]));

    private static ReadOnlyMemory<byte> Failures(IEnumerable<(SignedKey Key, MatrixError Error)> refused)
    {
        var buffer = new ByteBuffer(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("failures"u8);
            foreach (var user in refused.GroupBy(failure => failure.Key.User))
            {
                writer.WriteStartObject(user.Key.Value);
                foreach (var (key, error) in user)
                {
                    writer.WriteStartObject(key.KeyId);
                    writer.WriteString("errcode"u8, error.Code);
                    writer.WriteString("error"u8, error == MatrixError.NotFound ? "There is no such key" : error == MatrixError.InvalidParam ? "The key is another than was signed" : "Invalid signature");
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
