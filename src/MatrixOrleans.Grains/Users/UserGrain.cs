using System.Globalization;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.ApplicationServices;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Users;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Users;

/// <summary>
/// A user's own data. Writes come one after another, since each looks at what is there; reads go to the database beside them.
/// </summary>
public sealed partial class UserGrain(Database database, ApplicationServiceList services, TimeProvider time, ILogger<UserGrain> log) : Grain, IUserGrain
{
    private readonly UserLog _userLog = new(database);
    private UserId _user;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _user = UserId.Parse(this.GetPrimaryKeyString());
        if ((await database.ProfilePropagations.Of(_user)).Count > 0)
        {
            BeginPropagation();
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> AccountData(RoomId? room, string type)
    {
        if (room is null && type == AccountDataTypes.PushRules)
        {
            return (await PushRules()).ToBytes(_user);
        }

        var nid = room is { } id ? (await database.Rooms.Find(id))?.Nid ?? throw NoAccountData() : (long?)null;
        return (await database.AccountData.Get(_user, nid, type))?.Json ?? throw NoAccountData();
    }

    public async ValueTask SetAccountData(RoomId? room, string type, ReadOnlyMemory<byte> content)
    {
        if (AccountDataTypes.IsServerManaged(type))
        {
            throw new MatrixException(MatrixError.BadJson.WithStatus(405), $"Cannot set {type} through this API");
        }

        if (type.Length == 0 || Encoding.UTF8.GetByteCount(type) > AccountDataTypes.TypeBytesMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"The type of account data is 1 to {AccountDataTypes.TypeBytesMax} bytes");
        }

        await Set(room is { } id ? await Room(id) : null, type, content);
    }

    public async ValueTask DeleteAccountData(RoomId? room, string type)
    {
        if (AccountDataTypes.IsServerManaged(type))
        {
            throw new MatrixException(MatrixError.BadJson.WithStatus(405), $"Cannot delete {type} through this API");
        }

        var place = room is { } id ? await Room(id) : ((long Nid, RoomId Id)?)null;
        if (await database.AccountData.Get(_user, place?.Nid, type) is not null)
        {
            await _userLog.Write([new AccountDataSet(_user.Value, place?.Nid, place?.Id.Value, type, null)]);
        }
    }

    public async ValueTask SetTag(RoomId room, string tag, ReadOnlyMemory<byte>? content)
    {
        if (content is null && await database.Rooms.Find(room) is null)
        {
            // Nothing is tagged there.
            return;
        }

        var place = await Room(room);
        var old = await database.AccountData.Get(_user, place.Nid, RoomTags.Type);
        await Set(place, RoomTags.Type, RoomTags.With(old?.Json, tag, content));
    }

    public async ValueTask<string> DefineFilter(ReadOnlyMemory<byte> filter)
    {
        SyncFilter.Parse(filter.Span);

        // One spelling, so that clients that write members in another order get the same filter.
        var json = CanonicalJson.TryEncode(filter.Span, CanonicalRules.Lenient, [], out var canonical, out _) ? canonical : filter;
        return (await database.Filters.Add(_user, json)).ToString(CultureInfo.InvariantCulture);
    }

    public async ValueTask<ReadOnlyMemory<byte>> Filter(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && await database.Filters.Get(_user, number) is { } filter
            ? filter
            : throw new MatrixException(MatrixError.NotFound, "Unknown filter");

    public async ValueTask<ReadOnlyMemory<byte>> Profile()
    {
        var fields = await database.Profiles.Get(_user);
        if (fields.Count == 0 && await database.Accounts.Get(_user) is null)
        {
            await AppServiceQueries.User(_user, database, services, GrainFactory);
            fields = await database.Profiles.Get(_user);
        }

        if (fields.Count == 0 && await database.Accounts.Get(_user) is null)
        {
            throw new MatrixException(MatrixError.NotFound, "Profile not found");
        }

        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        foreach (var field in fields)
        {
            writer.WritePropertyName(field.Field);
            writer.WriteRawValue(field.Json.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    public async ValueTask<ReadOnlyMemory<byte>> ProfileField(string field)
    {
        ProfileFields.CheckKey(field);
        return (await database.Profiles.Get(_user, field))?.Json ?? throw new MatrixException(MatrixError.NotFound, "There is no such profile field");
    }

    public async ValueTask SetProfileField(string field, ReadOnlyMemory<byte>? value, ProfilePropagation propagation)
    {
        ProfileFields.CheckKey(field);
        var json = ProfileFields.CheckValue(field, value);
        var fields = await database.Profiles.Get(_user);
        var old = fields.FirstOrDefault(f => f.Field == field);
        if (json is { } added)
        {
            ProfileFields.CheckSize([.. fields.Where(f => f.Field != field).Select(f => (f.Field, f.Json)), (field, added)]);
        }

        if (propagation == ProfilePropagation.None || !ProfileFields.InMemberEvents(field))
        {
            await Write(field, old, json);
            return;
        }

        _changing++;
        try
        {
            // Noted before the change itself: should this process end in between, the rooms are looked at and need nothing.
            await database.ProfilePropagations.Add(
                _user, field, propagation == ProfilePropagation.Unchanged, ProfileFields.TextOf(old?.Json), time.GetUtcNow().ToUnixTimeMilliseconds());
            await Write(field, old, json);
        }
        finally
        {
            _changing--;
        }

        BeginPropagation();
    }

    public Task ResumePropagation()
    {
        BeginPropagation();
        return Task.CompletedTask;
    }

    public async ValueTask SetReceipts(RoomId room, IReadOnlyList<ReceiptRequest> receipts)
    {
        var entries = await new ReceiptMoves(database, _user, time).Judge(room, receipts);
        if (entries.Count > 0)
        {
            await _userLog.Write(entries);
        }
    }

    private async ValueTask Write(string field, ProfileField? old, ReadOnlyMemory<byte>? json)
    {
        if (!Same(old?.Json, json))
        {
            await _userLog.Write([new ProfileSet(_user.Value, field, json)]);
        }
    }

    private async ValueTask Set((long Nid, RoomId Id)? room, string type, ReadOnlyMemory<byte> content)
    {
        var old = await database.AccountData.Get(_user, room?.Nid, type);
        if (!Same(old?.Json, content))
        {
            await _userLog.Write([new AccountDataSet(_user.Value, room?.Nid, room?.Id.Value, type, content)]);
        }
    }

    private async ValueTask<(long Nid, RoomId Id)> Room(RoomId room) =>
        await database.Rooms.Find(room) is { } record ? (record.Nid, room) : throw new MatrixException(MatrixError.NotFound, "There is no such room");

    /// <summary>Byte for byte: nobody needs to hear of what did not change.</summary>
    private static bool Same(ReadOnlyMemory<byte>? one, ReadOnlyMemory<byte>? other) =>
        one is { } a && other is { } b ? a.Span.SequenceEqual(b.Span) : one is null && other is null;

    private static MatrixException NoAccountData() => new(MatrixError.NotFound, "Account data not found");
}
