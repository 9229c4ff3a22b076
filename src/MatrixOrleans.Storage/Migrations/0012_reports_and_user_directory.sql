-- Events of a room by their own time, for looking up a date.
create index events_time on events (room_nid, origin_server_ts);

-- What users report to the administrators.
create table reports (
    id {integer} primary key,
    kind smallint not null,
    tenant {text} not null,
    reporter {text} not null,
    room_id {text},
    event_id {text},
    user_id {text},
    reason {text},
    score bigint,
    received_ms bigint not null);
create index reports_tenant on reports (tenant, kind, id);
insert into numbers (name, next_value) values ('report', 1);

-- The user directory: users, the words by which they are found, and the rooms whose members everybody may find.
create table directory_users (
    user_id {text} primary key,
    display_name {text},
    avatar_url {text},
    folded_name {text} not null) {clustered};
create table directory_words (word {text} not null, user_id {text} not null, primary key (word, user_id)) {clustered};
create index directory_words_user on directory_words (user_id);

-- One row without a tenant for each room that is public or world-readable, and one for each tenant that has or had members there.
create table open_rooms (room_nid bigint not null, tenant {text} not null, primary key (room_nid, tenant)) {clustered};
