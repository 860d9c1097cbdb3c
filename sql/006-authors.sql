-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- What operators ask for: all messages of an author, flagged or not, and who is disabled. The foreign key of messages asks the
-- first, too, whenever a user is deleted.
--
-- On a large site they may be there already, made beforehand with "concurrently", so that nobody has to wait.

lock table users, messages in share mode;

create index if not exists messages_author on messages (author_id);
create index if not exists users_disabled on users (username) where starts_with(password_hash, '!');
