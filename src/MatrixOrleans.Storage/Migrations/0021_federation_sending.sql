-- What waits for other servers. A row goes when the server has taken it.

create table outgoing_events (
    tenant {text} not null,
    server {text} not null,
    pos bigint not null,
    room_nid bigint not null,
    event_nid bigint not null,
    primary key (tenant, server, pos)) {clustered};

-- What has no place in a room. A newer one of the same name replaces an older one.
create table outgoing_edus (
    tenant {text} not null,
    server {text} not null,
    name {text} not null,
    pos bigint not null,
    json {blob} not null,
    primary key (tenant, server, name)) {clustered};

-- Servers that did not take what they were sent last.
create table destinations (
    tenant {text} not null,
    server {text} not null,
    failures bigint not null,
    failing_since_ms bigint not null,
    retry_at_ms bigint not null,
    primary key (tenant, server)) {clustered};

-- Of our users: the last number of their updates, and what was told of each device.
create table device_list_streams (user_id {text} primary key, stream_id bigint not null) {clustered};
create table device_list_sent (
    user_id {text} not null,
    device_id {text} not null,
    digest {blob} not null,
    primary key (user_id, device_id)) {clustered};
