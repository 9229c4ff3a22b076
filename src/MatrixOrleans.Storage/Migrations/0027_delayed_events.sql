-- Events that clients asked to be sent later (MSC4140), by the shard that sends them.
create table delayed_events (
    delay_id {text} not null primary key,
    shard smallint not null,
    user_id {text} not null,
    device_id {text},
    txn_id {text},
    room_id {text} not null,
    type {text} not null,
    state_key {text},
    content {blob} not null,
    delay_ms bigint not null,
    running_since_ms bigint not null,
    due_ms bigint not null);
create index delayed_events_due on delayed_events (shard, due_ms);
create index delayed_events_user on delayed_events (user_id);
