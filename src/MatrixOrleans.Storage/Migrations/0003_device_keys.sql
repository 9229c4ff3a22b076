-- Keys of devices for end-to-end encryption.

-- In which upload a one-time key came: they are given out in this order.
alter table one_time_keys add column upload bigint not null default 0;

create table device_keys (
    user_id {text} not null,
    device_id {text} not null,
    json {blob} not null,
    primary key (user_id, device_id)) {clustered};

-- One for each algorithm; their ids are counted apart from those of one-time keys.
create table fallback_keys (
    user_id {text} not null,
    device_id {text} not null,
    algorithm {text} not null,
    key_id {text} not null,
    json {blob} not null,
    used smallint not null default 0,
    primary key (user_id, device_id, algorithm)) {clustered};
