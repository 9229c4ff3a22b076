-- Changes of devices among all rows of the log: few, and every sync with an older token asks for them.
create index log_device_lists on log (kind, pos, user_id) where kind = 13;

-- Old transactions are found by walking the keys now and then; no send should keep an index for that.
drop index txns_created;
