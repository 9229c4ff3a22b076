-- What was found behind URLs, for each homeserver. Images are media with an end (media.expires_ms).

create table url_previews (
    tenant {text} not null,
    url {text} not null,
    json {blob} not null,
    fetched_ms bigint not null,
    primary key (tenant, url));

create index url_previews_by_age on url_previews (fetched_ms);
