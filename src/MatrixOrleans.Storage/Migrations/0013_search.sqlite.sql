-- Rows by the number of their event. In "place" stand the room and the member that was indexed, as words of their own.
create virtual table search_words using fts5(words, place, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0');
