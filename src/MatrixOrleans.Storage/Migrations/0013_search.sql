-- Which events the full-text index has. Only messages, names and topics are in it.
create table search_events (event_nid {integer} primary key, room_nid bigint not null, ts bigint not null);
