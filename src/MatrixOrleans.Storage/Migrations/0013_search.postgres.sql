-- The words of the text; room and member stand among them with a mark that no word has, so that one index finds both.
alter table search_events add column words tsvector not null;

-- New entries wait in a list and go into the index together, for a third of the work. The list is kept short (in kB), because every look-up goes through it.
create index search_events_words on search_events using gin (words) with (fastupdate = on, gin_pending_list_limit = 256);
