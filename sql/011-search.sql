-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- The index for the search. httpd fills it in the background (mod_minitwit/store/indexer.h), so that a post does not
-- wait for it.

lock table users, messages in share row exclusive mode;

create table search (
    message_id bigint primary key references messages (id) on delete cascade,
    words      tsvector not null
);
comment on table search is 'the words of each message, its author, its tags and the blocks of ids that it is in';

-- httpd writes several messages at a time and then merges the pending entries into the index. So a search finds few
-- pending entries, which it must read one by one.
create index search_words on search using gin (words);

-- Only the owner of the index may merge the entries. The body is a text, so that the index can still be dropped and
-- made again.
create function search_settle() returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select gin_clean_pending_list('public.search_words'::regclass) $$;
revoke execute on function search_settle() from public;
grant execute on function search_settle() to minitwit_site;

create table search_progress (
    only_row      boolean primary key default true check (only_row),
    seen          bigint not null,
    complete      bigint not null,
    next_complete bigint not null,
    next_xid      xid8 not null,
    check (complete <= next_complete and next_complete <= seen)
);
comment on table search_progress is 'a single row: how far the index for the search is';
comment on column search_progress.seen is 'the messages up to this id are in the index, except those committed late';
comment on column search_progress.complete is 'all messages up to this id are in the index';
comment on column search_progress.next_complete is 'the next value of complete';
comment on column search_progress.next_xid is
    'once all earlier transactions have ended, no message up to next_complete can appear any more';

-- New messages are indexed first, then the existing ones. Because of the lock, no open transaction can add a message
-- with a smaller id.
insert into search_progress (seen, complete, next_complete, next_xid)
select coalesce(max(id), 0), 0, coalesce(max(id), 0), '0' from messages;

-- For the search for people by the beginning of their names. Its order is by bytes, like that of usernames. On a large
-- site, the index may be there already, made beforehand with "concurrently".
create index if not exists users_lower on users (lower(username));

grant select, insert on search to minitwit_site;
grant select, update on search_progress to minitwit_site;
