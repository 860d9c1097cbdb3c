-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- The identity of the site. The ids of its feeds contain it, so that they stay the same if the site's address changes.

create table site (
    only_row   boolean primary key default true check (only_row),
    id         uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now() check (isfinite(created_at))
);
comment on table site is 'the identity of this site, in one row';
comment on column site.created_at is 'when the id was made; a tag URI also contains the date (RFC 4151)';

insert into site default values;

grant select on site to minitwit_site;
