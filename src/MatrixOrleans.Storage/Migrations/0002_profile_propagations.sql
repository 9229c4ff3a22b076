-- Changes of a user's profile that rooms do not show yet.
create table profile_propagations (
    user_id {text} not null,
    field {text} not null,
    only_unchanged smallint not null,
    old_value {text},
    created_ms bigint not null,
    number bigint not null,
    primary key (user_id, field)) {clustered};
