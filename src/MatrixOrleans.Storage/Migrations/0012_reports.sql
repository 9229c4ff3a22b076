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
