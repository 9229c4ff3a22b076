-- Which threads a user follows (MSC4306). A row stays when the user unsubscribes: what came before that subscribes nobody by itself again.
create table thread_subscriptions (
    user_id {text} not null,
    room_nid bigint not null,
    root {text} not null,
    subscribed smallint not null,
    automatic smallint not null,
    unsubscribed_seq bigint,
    pos bigint not null,
    primary key (user_id, room_nid, root)) {clustered};
create index thread_subscriptions_pos on thread_subscriptions (user_id, pos);
