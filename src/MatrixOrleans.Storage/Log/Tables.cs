using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>The tables that appends fill, in the order of their insertion.</summary>
internal static class Tables
{
    public static readonly InsertTable Rooms = new(
        "rooms",
        "nid:n room_id:t version:t create_event_id:t federate:n tenant:t created_ms:n",
        """
        on conflict (nid) do update set
            version = excluded.version, create_event_id = excluded.create_event_id, federate = excluded.federate
            where rooms.create_event_id is null
        """,
        last: "nid");

    public static readonly InsertTable Events = new(
        "events",
        "nid:n room_nid:n event_id:t type:t state_key:t sender:t origin_server_ts:n depth:n json:b edges:b",
        "on conflict do nothing",
        isBody: true);

    public static readonly InsertTable StateNodes = new("state_nodes", "room_nid:n id:n bytes:b", "on conflict do nothing", isBody: true);

    public static readonly InsertTable Timeline = new(
        "timeline",
        "room_nid:n version:n kind:n class:n pos:p room_seq:n event_nid:n state_before:n state_after:n current_state:n joined:n invited:n facts:n extremities:b thread_root:t txn_device:t txn_id:t relayed_by:t");

    public static readonly InsertTable Log = new("log", "pos:p part:n kind:n room_nid:n version:n room_seq:n event_nid:n user_id:t");

    public static readonly InsertTable Txns = new("txns", "key:t answer:t created_ms:n");

    /// <summary>For a writer that learns from the insert whether the transaction was done before.</summary>
    public static readonly InsertTable TxnsIfNew = new("txns", "key:t answer:t created_ms:n", "on conflict do nothing");

    public static readonly InsertTable Relations = new("relations", "room_nid:n target_id:t rel_type:t event_nid:n", "on conflict do nothing");

    public static readonly InsertTable Redactions = new("redactions", "room_nid:n target_id:t redaction_nid:n", "on conflict do nothing");

    public static readonly InsertTable RedactionsWaiting = new("redactions_waiting", "room_nid:n target_id:t redaction_nid:n domain:t", "on conflict do nothing");

    /// <summary>Bodies of their own: an event cites what it cites, wherever it stands.</summary>
    public static readonly InsertTable AuthCitations = new("auth_citations", "room_nid:n cited:n citing_nid:n", "on conflict do nothing", isBody: true);

    public static readonly InsertTable Gaps = new(
        "gaps",
        "room_nid:n room_seq:n missing:b",
        "on conflict (room_nid, room_seq) do update set missing = excluded.missing",
        last: "room_nid, room_seq");

    public static readonly InsertTable Purges = new(
        "purges",
        "room_nid:n before_seq:n",
        "on conflict (room_nid) do update set before_seq = excluded.before_seq where purges.before_seq < excluded.before_seq",
        last: "room_nid",
        lastBy: "x.before_seq desc");

    public static readonly InsertTable Deltas = new("deltas", "room_nid:n pos:p ord:n old_nid:n new_nid:n");

    public static readonly InsertTable MemberChanges = new("member_changes", "user_id:t pos:p room_nid:n event_nid:n old_membership:n new_membership:n");

    public static readonly InsertTable Memberships = new(
        "memberships",
        "user_id:t room_nid:n membership:n event_nid:n room_seq:n pos:p state_root:n sender:t display_name:t avatar_url:t stripped:b",
        """
        on conflict (user_id, room_nid) do update set
            membership = excluded.membership, event_nid = excluded.event_nid, room_seq = excluded.room_seq, pos = excluded.pos,
            state_root = excluded.state_root, sender = excluded.sender, display_name = excluded.display_name, avatar_url = excluded.avatar_url,
            stripped = excluded.stripped, forgotten = case when excluded.membership in (1, 2, 3) then 0 else memberships.forgotten end
        """,
        last: "user_id, room_nid");

    /// <summary>Forgetting does not reach a membership that came after it.</summary>
    public static readonly InsertTable Forgets = new(
        "memberships",
        "user_id:t room_nid:n membership:n pos:p state_root:n forgotten:n",
        "on conflict (user_id, room_nid) do update set forgotten = 1 where memberships.pos < excluded.pos",
        last: "user_id, room_nid");

    public static readonly InsertTable AccountData = new(
        "account_data",
        "user_id:t room_nid:n type:t json:b pos:p",
        "on conflict (user_id, room_nid, type) do update set json = excluded.json, pos = excluded.pos",
        last: "user_id, room_nid, type");

    public static readonly InsertTable Receipts = new(
        "receipts",
        "room_nid:n user_id:t type:t thread:t event_id:t room_seq:n ts:n json:b pos:p",
        """
        on conflict (room_nid, user_id, type, thread) do update set
            event_id = excluded.event_id, room_seq = excluded.room_seq, ts = excluded.ts, json = excluded.json, pos = excluded.pos
            where receipts.room_seq < excluded.room_seq
        """,
        last: "room_nid, user_id, type, thread",
        lastBy: "x.room_seq desc");

    public static readonly InsertTable ReceiptsWaiting = new(
        "receipts_waiting",
        "room_nid:n event_id:t user_id:t type:t thread:t ts:n json:b",
        "on conflict do nothing");

    public static readonly InsertTable ToDevice = new(
        "to_device",
        "user_id:t device_id:t pos:p sender:t type:t message_id:t json:b",
        "on conflict do nothing");

    public static readonly InsertTable SignatureChanges = new("signature_changes", "user_id:t pos:p target_user:t");

    public static readonly InsertTable Profiles = new(
        "profiles",
        "user_id:t field:t json:b pos:p",
        "on conflict (user_id, field) do update set json = excluded.json, pos = excluded.pos",
        last: "user_id, field");

    public static readonly InsertTable ThreadSubscriptions = new(
        "thread_subscriptions",
        "user_id:t room_nid:n root:t subscribed:n automatic:n unsubscribed_seq:n pos:p",
        """
        on conflict (user_id, room_nid, root) do update set
            subscribed = excluded.subscribed, automatic = excluded.automatic, unsubscribed_seq = excluded.unsubscribed_seq, pos = excluded.pos
        """,
        last: "user_id, room_nid, root");

    public static readonly InsertTable[] All =
    [
        Rooms, Events, AuthCitations, StateNodes,
        Log, Timeline, Txns, Relations, Redactions, RedactionsWaiting, Gaps, Purges, Deltas, MemberChanges, Memberships, Forgets,
        AccountData, Receipts, ReceiptsWaiting, ToDevice, SignatureChanges, Profiles, ThreadSubscriptions,
    ];
}
