-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- What operators changed, and who it was.

create table audit (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default now(),
    role    text not null default session_user,
    os_user text not null,
    host    text not null,
    action  text not null check (action <> ''),
    target  text not null,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object')
);
comment on table audit is 'who changed what with minitwitctl: never a password, a hash or the text of a message';
comment on column audit.role is 'as the server knows it; os_user and host are what the client says';

-- The owner has every right to it, and nobody else has one, whatever default privileges say.
revoke all on audit from public, minitwit_site;
