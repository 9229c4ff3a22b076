using System.Text.Json;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync;

/// <summary>The rows of a user that a sync has to tell: account data by room and global, and in which rooms the user read on.</summary>
internal sealed class UserRowsOfSync(SyncFilter filter)
{
    private const string PushRules = "m.push_rules";

    private readonly Dictionary<long, RoomRows> _rooms = [];

    public List<(string Type, ReadOnlyMemory<byte> Json)> Global { get; } = [];

    public IEnumerable<long> Rooms => _rooms.Keys;

    public RoomRows Of(long roomNid) => _rooms.GetValueOrDefault(roomNid) ?? RoomRows.None;

    /// <param name="initial">Deleted data is not told to somebody who never saw it.</param>
    public void Add(UserEntry entry, bool initial)
    {
        switch (entry)
        {
            case AccountDataSet { Type: PushRules, RoomNid: null } when initial:
                // Written from the rules themselves, with the defaults of today.
                break;
            case AccountDataSet { Type: PushRules, RoomNid: null, Json: { } changes }:
                // What is stored is only what differs from the defaults.
                Add(new AccountDataSet(entry.UserId, null, null, PushRules, PushRuleReader.ReadStored(changes.Span).ToBytes(UserId.Parse(entry.UserId))));
                break;
            case AccountDataSet data when data.Json is not null || !initial:
                Add(data);
                break;
            case ReceiptSet { Type: "m.read" or "m.read.private" } receipt:
                Room(receipt.RoomNid).HasReceipt = true;
                break;
            default:
                break;
        }
    }

    public void AddPushRules(PushRuleSet rules, UserId user)
    {
        if (filter.AccountData.PassesType(PushRules))
        {
            Global.Add((PushRules, rules.ToBytes(user)));
        }
    }

    private void Add(AccountDataSet data)
    {
        var json = data.Json ?? "{}"u8.ToArray();
        if (data.RoomNid is { } room)
        {
            if (filter.Room.AccountData.PassesType(data.Type))
            {
                Replace(Room(room).AccountData, data.Type, json);
            }
        }
        else if (filter.AccountData.PassesType(data.Type))
        {
            Replace(Global, data.Type, json);
        }
    }

    /// <summary>Only the newest of a type is told.</summary>
    private static void Replace(List<(string Type, ReadOnlyMemory<byte> Json)> list, string type, ReadOnlyMemory<byte> json)
    {
        list.RemoveAll(item => item.Type == type);
        list.Add((type, json));
    }

    private RoomRows Room(long nid)
    {
        if (!_rooms.TryGetValue(nid, out var rows))
        {
            _rooms[nid] = rows = new RoomRows();
        }

        return rows;
    }

    internal sealed class RoomRows
    {
        public static readonly RoomRows None = new();

        public List<(string Type, ReadOnlyMemory<byte> Json)> AccountData { get; } = [];

        /// <summary>The user read on: the counts changed.</summary>
        public bool HasReceipt { get; set; }
    }
}
