-- What is known of other servers, and what they sent.

-- Their verify keys. valid_until_ms is already bounded to a week after the key was fetched.
create table server_keys (
    server {text} not null,
    key_id {text} not null,
    public_key {blob} not null,
    valid_until_ms bigint not null,
    expired_ms bigint,
    primary key (server, key_id)) {clustered};

-- What a server last said of its keys, with its signatures: what a notary passes on.
create table server_key_answers (
    server {text} primary key,
    json {blob} not null,
    valid_until_ms bigint not null,
    fetched_ms bigint not null) {clustered};

-- Transactions that were done, with what was answered.
create table received_transactions (
    origin {text} not null,
    tenant {text} not null,
    txn_id {text} not null,
    answer {blob} not null,
    created_ms bigint not null,
    primary key (origin, tenant, txn_id)) {clustered};
create index received_transactions_created on received_transactions (created_ms);

create table openid_tokens (hash {blob} primary key, user_id {text} not null, expires_ms bigint not null) {clustered};
create index openid_tokens_expires on openid_tokens (expires_ms);

-- Device lists of users of other servers, as long as a room is shared with them.
create table remote_device_lists (
    user_id {text} primary key,
    stream_id bigint not null,
    stale smallint not null default 0,
    master_key {blob},
    self_signing_key {blob}) {clustered};
create table remote_devices (
    user_id {text} not null,
    device_id {text} not null,
    display_name {text},
    keys {blob},
    primary key (user_id, device_id)) {clustered};
