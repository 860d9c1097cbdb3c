-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- The profile text of users, the date of their registration, and lists of their followers.
--
-- On a large site the index may be there already, made beforehand with "concurrently", so that nobody has to wait.

lock table users, followers in access exclusive mode;

alter table users
    add column about text not null default '' check (char_length(about) <= 160),
    add column joined_at timestamptz check (isfinite(joined_at));

-- The date of existing users is unknown. They keep null, because the default applies to new rows only.
alter table users alter column joined_at set default now();
comment on column users.about is 'shown on the page of the user; empty: none';
comment on column users.joined_at is 'the time of the registration; null: unknown';

-- With this index, PostgreSQL reads a page of somebody's followers, and counts them, without the table. The index also
-- serves all uses of the one that it replaces.
create index if not exists followers_whom_in_order on followers (whom_id, id) include (who_id);
drop index if exists followers_whom;

grant update (about) on users to minitwit_site;
