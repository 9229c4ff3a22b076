-- Media: which content has which mxc URI. The bytes are in the blob store, under their SHA-256.

create table media (
    origin {text} not null,
    media_id {text} not null,
    -- Null for media of other servers.
    uploader {text},
    -- Null as long as only the id was made.
    blob {text},
    size bigint not null default 0,
    content_type {text} not null default '',
    file_name {text},
    created_ms bigint not null,
    -- For an id without content: when it ends.
    expires_ms bigint,
    -- When somebody last looked, to the day.
    seen_ms bigint not null,
    -- May be had on the paths without authentication.
    unauthenticated smallint not null default 0,
    quarantined_by {text},
    protected smallint not null default 0,
    primary key (origin, media_id));

create index media_by_uploader on media (uploader, created_ms, media_id);
create index media_by_blob on media (blob);
create index media_by_expiry on media (expires_ms);

create table media_thumbnails (
    origin {text} not null,
    media_id {text} not null,
    width bigint not null,
    height bigint not null,
    method smallint not null,
    animated smallint not null,
    blob {text} not null,
    size bigint not null,
    content_type {text} not null,
    primary key (origin, media_id, width, height, method, animated)) {clustered};

create index media_thumbnails_by_blob on media_thumbnails (blob);

-- What the blob store holds. A blob that nothing refers to is doomed first and forgotten after it was deleted, so that an upload of the same
-- bytes meanwhile knows that it has to wait.
create table media_blobs (
    blob {text} primary key,
    -- When to look whether anything still refers to it; null: something does.
    check_ms bigint,
    doomed smallint not null default 0);

create index media_blobs_to_check on media_blobs (check_ms) where check_ms is not null;
