-- Cross-signing keys, signatures of keys, key backups, dehydrated devices, and rows that the log is still owed.

create table cross_signing_keys (
    user_id {text} not null,
    usage {text} not null,
    public_key {text} not null,
    json {blob} not null,
    primary key (user_id, usage)) {clustered};

-- Signatures that came apart from the keys that they are on. A key is a device id or a public key.
create table key_signatures (
    target_user {text} not null,
    target_key {text} not null,
    signer_user {text} not null,
    signer_key {text} not null,
    signature {text} not null,
    primary key (target_user, target_key, signer_user, signer_key)) {clustered};
create index key_signatures_signer on key_signatures (signer_user, signer_key);

-- Whose keys show other signatures than before to a single user.
create table signature_changes (
    user_id {text} not null,
    pos bigint not null,
    target_user {text} not null,
    primary key (user_id, pos)) {clustered};

-- A deleted backup keeps its row, so that deleting it again succeeds and its version is not used again.
create table backup_versions (
    user_id {text} not null,
    version bigint not null,
    algorithm {text} not null,
    auth_data {blob} not null,
    etag bigint not null default 0,
    key_count bigint not null default 0,
    deleted smallint not null default 0,
    created_ms bigint not null,
    primary key (user_id, version)) {clustered};

create table backup_keys (
    user_id {text} not null,
    version bigint not null,
    room_id {text} not null,
    session_id {text} not null,
    first_message_index bigint not null,
    forwarded_count bigint not null,
    is_verified smallint not null,
    session_data {text} not null,
    primary key (user_id, version, room_id, session_id)) {clustered};

create table dehydrated_devices (
    user_id {text} primary key,
    device_id {text} not null,
    device_data {blob} not null,
    created_ms bigint not null) {clustered};

-- What a transaction changed outside the log and its row in the log does not tell yet.
create table log_debts (
    user_id {text} not null,
    kind smallint not null,
    about {text} not null,
    number bigint not null,
    primary key (user_id, kind, about)) {clustered};
