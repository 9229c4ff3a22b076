-- Tells a writer whose connection broke during a commit whether that commit had happened.
create table writer_batches (
    writer_id bigint not null,
    batch_no bigint not null,
    positions bigint[] not null,
    primary key (writer_id, batch_no));

-- Small rows that change often keep room on their page for the next version.
alter table memberships set (fillfactor = 85);
alter table receipts set (fillfactor = 80);
alter table unread_counts set (fillfactor = 80);
alter table devices set (fillfactor = 80);
alter table state_nodes alter column bytes set storage plain;
