-- What application services are to be told: rows that wait, and transactions that are on their way as they will stay.

create table app_service_queue (
    service {text} not null,
    pos bigint not null,
    kind smallint not null,
    room_nid bigint not null,
    event_nid bigint not null,
    user_id {text},
    device_id {text},
    json {blob},
    primary key (service, pos)) {clustered};

create table app_service_txns (
    service {text} not null,
    txn_id bigint not null,
    body {blob} not null,
    primary key (service, txn_id)) {clustered};

create table app_service_counters (service {text} primary key, last_txn bigint not null) {clustered};

-- Rooms that application services publish for their networks.
create table network_rooms (
    tenant {text} not null,
    room_id {text} not null,
    service {text} not null,
    network {text} not null,
    primary key (tenant, room_id, service, network)) {clustered};
