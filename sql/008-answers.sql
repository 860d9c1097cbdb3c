-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- The message that a message answers, and the users and tags that it mentions.
--
-- Each new table repeats the flag of the message, so that a list does not read the rows of flagged messages. minitwitctl
-- changes both in one transaction.

lock table users, messages in access exclusive mode;

-- No foreign key: a message stays when the one that it answers is deleted. The author is beside it, so that a timeline
-- can show the name and the address of the answered message.
-- There is no check of the two columns either, because it would read all rows while the site waits.
alter table messages add column answers_id bigint, add column answers_author_id bigint;
comment on column messages.answers_id is 'the message that this one answers, which may be deleted; null: none';
comment on column messages.answers_author_id is 'the author of that message, who may be deleted';

alter table users add column mentions_seen timestamptz not null default '-infinity';
comment on column users.mentions_seen is 'pub_date of the newest mention that the user has seen';

-- An index of messages would be smaller. But on a large site, it takes a long time to make, and nobody could post
-- meanwhile.
create table answers (
    answered_id bigint not null,
    pub_date    timestamptz not null,
    message_id  bigint primary key references messages (id) on delete cascade,
    flagged     boolean not null default false
);
comment on table answers is 'the answers to a message, which may be deleted; with the date of the answer';
comment on column answers.flagged is 'as in messages';

create index answers_in_order on answers (answered_id, pub_date, message_id) where not flagged;

-- The date is that of the message, so that the newest mentions of a user are next to each other.
create table mentions (
    user_id    bigint not null references users (id) on delete cascade,
    pub_date   timestamptz not null,
    message_id bigint not null references messages (id) on delete cascade,
    flagged    boolean not null default false,
    primary key (message_id, user_id)
);
comment on table mentions is 'the users whom a message mentions, and the author of the message that it answers';
comment on column mentions.flagged is 'as in messages';

-- This index has all rows, because the deletion of a user needs them.
create index mentions_in_order on mentions (user_id, flagged, pub_date, message_id);

create table message_tags (
    tag        text collate "C" not null,
    pub_date   timestamptz not null,
    message_id bigint not null references messages (id) on delete cascade,
    flagged    boolean not null default false,
    primary key (message_id, tag)
);
comment on table message_tags is 'the tags of a message, without # and with folded case';
comment on column message_tags.flagged is 'as in messages';

create index message_tags_in_order on message_tags (tag, pub_date, message_id) where not flagged;

grant insert (answers_id, answers_author_id) on messages to minitwit_site;
grant update (mentions_seen) on users to minitwit_site;
grant select, insert (answered_id, pub_date, message_id) on answers to minitwit_site;
grant select, insert (user_id, pub_date, message_id) on mentions to minitwit_site;
grant select, insert (tag, pub_date, message_id) on message_tags to minitwit_site;
