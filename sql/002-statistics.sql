-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- What the metrics need: a cheap count of flagged messages, and when the last backup was made.

create index messages_flagged on messages (id) where flagged;

create table backup (
    only_row     boolean primary key default true check (only_row),
    succeeded_at timestamptz not null check (isfinite(succeeded_at))
);
comment on table backup is 'when the last backup succeeded; empty while there was none';

grant select on backup to minitwit_site;
