-- What users said of their presence, and who was there when a process ended.
create table presence (
    user_id {text} not null primary key,
    presence smallint not null,
    status_msg {text},
    last_active_ms bigint) {clustered};
