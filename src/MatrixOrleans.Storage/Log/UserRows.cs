using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>The rows of one change of a user.</summary>
internal static class UserRows
{
    public static void Write(RowSink sink, UserEntry entry, long offset)
    {
        switch (entry)
        {
            case ReceiptSet receipt:
                Log(sink, LogKind.Receipt, entry, receipt.RoomNid, receipt.RoomSeq, offset);
                Receipt(sink, receipt, offset);
                break;

            case AccountDataSet data:
                Log(sink, LogKind.AccountData, entry, data.RoomNid, null, offset);
                sink.Start(Tables.AccountData);
                sink.Text(data.UserId);
                sink.Number(data.RoomNid ?? 0);
                sink.Text(data.Type);
                sink.Blob(data.Json);
                sink.Position(offset);
                sink.End();
                break;

            case ToDeviceSend message:
                Log(sink, LogKind.ToDevice, entry, null, null, offset);
                sink.Start(Tables.ToDevice);
                sink.Text(message.UserId);
                sink.Text(message.DeviceId);
                sink.Position(offset);
                sink.Text(message.Sender);
                sink.Text(message.Type);
                sink.Text(message.MessageId);
                sink.Blob(message.Json);
                sink.End();
                break;

            case DeviceListChanged:
                Log(sink, LogKind.DeviceList, entry, null, null, offset);
                break;

            case KeySupplyChanged:
                Log(sink, LogKind.KeySupply, entry, null, null, offset);
                break;

            case SignaturesChanged signatures:
                Log(sink, LogKind.Signatures, entry, null, null, offset);
                sink.Start(Tables.SignatureChanges);
                sink.Text(signatures.UserId);
                sink.Position(offset);
                sink.Text(signatures.TargetUserId);
                sink.End();
                break;

            case ProfileSet profile:
                Log(sink, LogKind.Profile, entry, null, null, offset);
                sink.Start(Tables.Profiles);
                sink.Text(profile.UserId);
                sink.Text(profile.Field);
                sink.Blob(profile.Json);
                sink.Position(offset);
                sink.End();
                break;

            case ThreadSubscriptionSet thread:
                Log(sink, LogKind.ThreadSubscription, entry, thread.RoomNid, null, offset);
                sink.Start(Tables.ThreadSubscriptions);
                sink.Text(thread.UserId);
                sink.Number(thread.RoomNid);
                sink.Text(thread.Root);
                sink.Number(thread.Subscribed ? 1 : 0);
                sink.Number(thread.Automatic ? 1 : 0);
                sink.Number(thread.UnsubscribedSeq);
                sink.Position(offset);
                sink.End();
                break;

            case ForgetSet forget:
                Log(sink, LogKind.Membership, entry, forget.RoomNid, null, offset);
                sink.Start(Tables.Forgets);
                sink.Text(forget.UserId);
                sink.Number(forget.RoomNid);
                sink.Number(0);
                sink.Position(offset);
                sink.Number(0);
                sink.Number(1);
                sink.End();
                break;

            case MembershipSet set:
                Log(sink, LogKind.Membership, entry, set.RoomNid, null, offset);
                Membership(sink, set, offset);
                break;

            default:
                throw new ArgumentException($"No rows are known for {entry.GetType().Name}");
        }
    }

    /// <summary>The partition of a user's rows: FNV-1a of the id, the same in every process.</summary>
    public static long Part(string userId)
    {
        var hash = 2166136261u;
        foreach (var c in userId)
        {
            hash = (hash ^ c) * 16777619;
        }

        return hash % UnitRows.PartCount;
    }

    private static void Log(RowSink sink, LogKind kind, UserEntry entry, long? roomNid, long? roomSeq, long offset)
    {
        sink.Start(Tables.Log);
        sink.Position(offset);
        sink.Number(roomNid is { } nid && kind == LogKind.Receipt ? RoomRows.Part(nid) : Part(entry.UserId));
        sink.Number((long)kind);
        sink.Number(roomNid);
        sink.Number(null);
        sink.Number(roomSeq);
        sink.Number(null);
        sink.Text(entry.UserId);
        sink.End();
    }

    private static void Receipt(RowSink sink, ReceiptSet receipt, long offset)
    {
        if (receipt.RoomSeq is not { } seq)
        {
            sink.Start(Tables.ReceiptsWaiting);
            sink.Number(receipt.RoomNid);
            sink.Text(receipt.EventId);
            sink.Text(receipt.UserId);
            sink.Text(receipt.Type);
            sink.Text(receipt.Thread);
            sink.Number(receipt.Ts);
            sink.Blob(receipt.Json);
            sink.End();
            return;
        }

        sink.Start(Tables.Receipts);
        sink.Number(receipt.RoomNid);
        sink.Text(receipt.UserId);
        sink.Text(receipt.Type);
        sink.Text(receipt.Thread);
        sink.Text(receipt.EventId);
        sink.Number(seq);
        sink.Number(receipt.Ts);
        sink.Blob(receipt.Json);
        sink.Position(offset);
        sink.End();
    }

    private static void Membership(RowSink sink, MembershipSet set, long offset)
    {
        sink.Start(Tables.MemberChanges);
        sink.Text(set.UserId);
        sink.Position(offset);
        sink.Number(set.RoomNid);
        sink.Number(null);
        sink.Number((long)set.Before);
        sink.Number((long)set.Membership);
        sink.End();

        sink.Start(Tables.Memberships);
        sink.Text(set.UserId);
        sink.Number(set.RoomNid);
        sink.Number((long)set.Membership);
        sink.Number(null);
        sink.Number(null);
        sink.Position(offset);
        sink.Number(0);
        sink.Text(set.Sender);
        sink.Text(null);
        sink.Text(null);
        sink.Blob(set.Stripped);
        sink.End();
    }
}
