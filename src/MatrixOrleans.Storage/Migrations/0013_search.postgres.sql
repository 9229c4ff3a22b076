-- The words of the text; room and member stand among them with a mark that no word has, so that one index finds both.
alter table search_events add column words tsvector not null;

-- Without a list of pending entries: every look-up would go through all of it.
create index search_events_words on search_events using gin (words) with (fastupdate = off);
