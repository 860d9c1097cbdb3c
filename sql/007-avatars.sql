-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- An avatar no longer depends on the e-mail address. Before, an account with somebody's address got that person's
-- avatar, which confirmed the address. Now it is random, so there is no key to keep secret, and an insert runs no
-- PL/pgSQL: after an update of PostgreSQL's packages, a server that still runs can no longer load that library.

lock table users, site in access exclusive mode;

drop trigger users_set_avatar on users;
drop function users_set_avatar();
drop table site;

-- A random UUID has 122 random bits, at fixed places. The hash spreads them over the 64 bits of the avatar.
alter table users alter column avatar set default encode(substr(sha256(uuid_send(gen_random_uuid())), 1, 8), 'hex');
comment on column users.avatar is 'random, so that equal pictures do not show equal e-mail addresses';

-- Of the accounts that share an avatar, and therefore an address, only the oldest keeps it.
update users u set avatar = default where exists (select from users o where o.avatar = u.avatar and o.id < u.id);
