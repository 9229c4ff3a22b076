-- One text for both databases. {text}: compared by bytes. {integer}: a primary key that SQLite may keep as the row's own number.

create table database_info (name {text} primary key, value {blob} not null);
create table numbers (name {text} primary key, next_value bigint not null);
insert into numbers (name, next_value) values ('room', 1), ('event', 1), ('activation', 1);

create table tenants (name {text} primary key, created_ms bigint not null, suspended smallint not null default 0);
create table signing_keys (
    tenant {text} not null,
    key_id {text} not null,
    secret {blob} not null,
    created_ms bigint not null,
    expired_ms bigint,
    primary key (tenant, key_id));
create unique index signing_keys_current on signing_keys (tenant) where expired_ms is null;

-- Rooms

create table rooms (
    nid {integer} primary key,
    room_id {text} not null unique,
    version {text} not null,
    create_event_id {text},
    federate smallint not null,
    tenant {text} not null,
    created_ms bigint not null);

-- Bodies. A body without a row in timeline is an outlier.
create table events (
    nid {integer} primary key,
    room_nid bigint not null,
    event_id {text} not null,
    type {text} not null,
    state_key {text},
    sender {text} not null,
    origin_server_ts bigint not null,
    depth bigint not null,
    json {blob} not null,
    edges {blob} not null);
create unique index events_id on events (room_nid, event_id);

-- One row for each version of a room, never changed. The newest one is the room's head.
create table timeline (
    room_nid bigint not null,
    version bigint not null,
    kind smallint not null,
    class smallint not null,
    pos bigint,
    room_seq bigint,
    event_nid bigint,
    state_before bigint not null,
    state_after bigint not null,
    current_state bigint not null,
    joined bigint not null,
    invited bigint not null,
    facts bigint not null,
    extremities {blob},
    thread_root {text},
    txn_device {text},
    txn_id {text},
    primary key (room_nid, version)) {clustered};
create unique index timeline_seq on timeline (room_nid, room_seq) where room_seq is not null;
create unique index timeline_event on timeline (event_nid) where event_nid is not null;
create index timeline_thread on timeline (room_nid, thread_root, room_seq) where thread_root is not null;

create table gaps (room_nid bigint not null, room_seq bigint not null, missing {blob} not null, primary key (room_nid, room_seq));
create table purges (room_nid bigint primary key, before_seq bigint not null);

create table relations (
    room_nid bigint not null,
    target_id {text} not null,
    rel_type {text} not null,
    event_nid bigint not null,
    primary key (room_nid, target_id, rel_type, event_nid)) {clustered};

create table redactions (
    room_nid bigint not null,
    target_id {text} not null,
    redaction_nid bigint not null,
    primary key (room_nid, target_id, redaction_nid)) {clustered};

-- State

create table state_nodes (room_nid bigint not null, id bigint not null, bytes {blob} not null, primary key (room_nid, id));

create table deltas (
    room_nid bigint not null,
    pos bigint not null,
    ord smallint not null,
    old_nid bigint,
    new_nid bigint,
    primary key (room_nid, pos, ord)) {clustered};

create table member_changes (
    user_id {text} not null,
    pos bigint not null,
    room_nid bigint not null,
    event_nid bigint,
    old_membership smallint not null,
    new_membership smallint not null,
    primary key (user_id, pos, room_nid)) {clustered};

create table memberships (
    user_id {text} not null,
    room_nid bigint not null,
    membership smallint not null,
    event_nid bigint,
    room_seq bigint,
    pos bigint not null,
    state_root bigint not null,
    sender {text},
    forgotten smallint not null default 0,
    display_name {text},
    avatar_url {text},
    stripped {blob},
    primary key (user_id, room_nid)) {clustered};
create index memberships_room on memberships (room_nid, membership, pos);

-- The log: narrow and insert-only. Positions are contiguous in commit order.

create table log (
    pos {integer} primary key,
    part smallint not null,
    kind smallint not null,
    room_nid bigint,
    version bigint,
    room_seq bigint,
    event_nid bigint,
    user_id {text});
-- Rows of rooms but receipts: also leads from a position to a version.
create index log_room on log (room_nid, pos) where kind < 10;
create index log_receipt on log (room_nid, pos) where kind = 10;
create index log_user on log (user_id, pos) where kind >= 10;

create table txns (key {text} primary key, answer {text} not null, created_ms bigint not null) {clustered};
create index txns_created on txns (created_ms);

-- Rows of users that take a position

create table account_data (
    user_id {text} not null,
    room_nid bigint not null,
    type {text} not null,
    json {blob},
    pos bigint not null,
    primary key (user_id, room_nid, type)) {clustered};
create index account_data_pos on account_data (user_id, pos);

create table receipts (
    room_nid bigint not null,
    user_id {text} not null,
    type {text} not null,
    thread {text} not null,
    event_id {text} not null,
    room_seq bigint not null,
    ts bigint not null,
    json {blob},
    pos bigint not null,
    primary key (room_nid, user_id, type, thread)) {clustered};
create index receipts_pos on receipts (room_nid, pos);

create table receipts_waiting (
    room_nid bigint not null,
    event_id {text} not null,
    user_id {text} not null,
    type {text} not null,
    thread {text} not null,
    ts bigint not null,
    json {blob},
    primary key (room_nid, event_id, user_id, type, thread)) {clustered};

create table to_device (
    user_id {text} not null,
    device_id {text} not null,
    pos bigint not null,
    sender {text} not null,
    type {text} not null,
    message_id {text},
    json {blob} not null,
    primary key (user_id, device_id, pos)) {clustered};
create unique index to_device_message on to_device (user_id, device_id, sender, message_id) where message_id is not null;

create table profiles (
    user_id {text} not null,
    field {text} not null,
    json {blob},
    pos bigint not null,
    primary key (user_id, field)) {clustered};

create table unread_counts (
    user_id {text} not null,
    room_nid bigint not null,
    thread {text} not null,
    notify bigint not null,
    highlight bigint not null,
    cursor_seq bigint not null,
    primary key (user_id, room_nid, thread)) {clustered};

-- Accounts

create table accounts (
    user_id {text} primary key,
    password_hash {text},
    created_ms bigint not null,
    admin smallint not null default 0,
    deactivated smallint not null default 0,
    locked smallint not null default 0,
    suspended smallint not null default 0,
    guest smallint not null default 0,
    erased smallint not null default 0,
    appservice_id {text});

create table devices (
    user_id {text} not null,
    device_id {text} not null,
    display_name {text},
    created_ms bigint not null,
    last_seen_ms bigint,
    last_seen_ip {text},
    last_seen_agent {text},
    primary key (user_id, device_id)) {clustered};

create table tokens (
    hash {blob} primary key,
    kind smallint not null,
    user_id {text} not null,
    device_id {text} not null,
    created_ms bigint not null,
    expires_ms bigint,
    parent {blob}) {clustered};
create index tokens_device on tokens (user_id, device_id);

create table login_tokens (hash {blob} primary key, user_id {text} not null, expires_ms bigint not null) {clustered};

create table registration_tokens (
    token {text} primary key,
    uses_allowed bigint,
    pending bigint not null default 0,
    completed bigint not null default 0,
    expires_ms bigint) {clustered};

create table filters (
    user_id {text} not null,
    number bigint not null,
    digest {blob} not null,
    json {blob} not null,
    primary key (user_id, number)) {clustered};
create unique index filters_digest on filters (user_id, digest);

create table aliases (
    alias {text} primary key,
    room_id {text} not null,
    creator {text} not null,
    created_ms bigint not null) {clustered};
create index aliases_room on aliases (room_id);

create table public_rooms (
    tenant {text} not null,
    room_id {text} not null,
    joined bigint not null,
    search_text {text} not null,
    summary {blob} not null,
    primary key (tenant, room_id)) {clustered};
create index public_rooms_joined on public_rooms (tenant, joined);

create table one_time_keys (
    user_id {text} not null,
    device_id {text} not null,
    algorithm {text} not null,
    key_id {text} not null,
    json {blob} not null,
    fallback smallint not null default 0,
    used smallint not null default 0,
    created_ms bigint not null,
    primary key (user_id, device_id, algorithm, key_id)) {clustered};
