-- Where users are told of events while no client of theirs is open.

create table pushers (
    id {integer} primary key,
    user_id {text} not null,
    app_id {text} not null,
    pushkey {text} not null,
    kind {text} not null,
    app_display_name {text} not null,
    device_display_name {text} not null,
    profile_tag {text},
    lang {text} not null,
    data {blob} not null,
    enabled smallint not null,
    device_id {text} not null,
    set_ms bigint not null,
    badge bigint);
create unique index pushers_user on pushers (user_id, app_id, pushkey);
create index pushers_key on pushers (app_id, pushkey);

-- Counts the changes of pushers.
insert into numbers (name, next_value) values ('pushers', 1);

-- What is still to be told. Without an event: the number of unread messages changed.
create table push_queue (
    pusher_id bigint not null,
    pos bigint not null,
    room_nid bigint not null,
    event_nid bigint not null,
    actions {text} not null,
    primary key (pusher_id, pos)) {clustered};
