insert into numbers (name, next_value) values ('writer', 1);

-- Tells a writer whose connection broke during a commit whether that commit had happened. Rows are only inserted, and old ones removed later:
-- a row that is updated by every commit grows slow under any long transaction.
create table writer_batches (
    writer_id bigint not null,
    batch_no bigint not null,
    positions bigint[] not null,
    at timestamptz not null default now(),
    primary key (writer_id, batch_no));

-- Small rows that change often keep room on their page for the next version.
alter table memberships set (fillfactor = 85);
alter table receipts set (fillfactor = 80);
alter table unread_counts set (fillfactor = 80);
alter table devices set (fillfactor = 80);
