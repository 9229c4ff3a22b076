-- What kinds of state keys a room has of a type: room lists ask for all of some types, and never for all members.
create index events_state_type on events (room_nid, type) where state_key is not null and type <> 'm.room.member';
