-- Rooms in which other servers take part.

-- Null: the sender's own server tells it. Empty: another server tells it. Else the tenant that tells the room of it.
alter table timeline add column relayed_by {text};

-- Other servers ask for events without naming the room.
drop index events_id;
create unique index events_id on events (event_id, room_nid);

-- Which state events have an event among their auth_events; "cited" is 64 bits of the hash of the event's id.
create table auth_citations (
    room_nid bigint not null,
    cited bigint not null,
    citing_nid bigint not null,
    primary key (room_nid, cited, citing_nid)) {clustered};

-- Redactions whose target is not here yet, and whose right to redact depends on it.
create table redactions_waiting (
    room_nid bigint not null,
    target_id {text} not null,
    redaction_nid bigint not null,
    domain {text} not null,
    primary key (room_nid, target_id, redaction_nid)) {clustered};

-- PDUs that were acknowledged and wait for what they refer to.
create table staged_pdus (
    room_id {text} not null,
    event_id {text} not null,
    origin {text} not null,
    destination {text} not null,
    json {blob} not null,
    attempts bigint not null,
    received_ms bigint not null,
    primary key (room_id, event_id)) {clustered};
