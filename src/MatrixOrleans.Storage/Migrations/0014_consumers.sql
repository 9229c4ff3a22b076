-- Readers of the log. A partition's cursor moves in the transaction of what was done for its rows.

create table consumer_leases (
    consumer {text} not null,
    part smallint not null,
    cursor bigint not null,
    epoch bigint not null,
    holder {text} not null,
    primary key (consumer, part)) {clustered};

-- Who may hold leases: a holder that is not here, or whose time is over, holds none.
create table consumer_holders (holder {text} primary key, expires_ms bigint not null) {clustered};
