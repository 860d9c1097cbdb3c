# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The databases of other MiniTwits, as their frameworks make them. Each one has alice and bob, one message of each, and
bob follows alice. Deleted rows, where a framework keeps them, have the id 9."""

from support.original import PBKDF2

_DATES = "'2025-02-27 13:46:00', '2025-02-27 13:46:00'"

# Each works in SQLite and in PostgreSQL.
GORM = f"""
create table users (id integer primary key, created_at timestamp, updated_at timestamp, deleted_at timestamp,
                    username text, email text, pw_hash text);
create table messages (id integer primary key, created_at timestamp, updated_at timestamp, deleted_at timestamp,
                       author_id integer, text text, pub_date bigint, flagged boolean);
create table followers (who_id integer, whom_id integer, primary key (who_id, whom_id));
insert into users values (1, {_DATES}, null, 'alice', 'alice@x', '{PBKDF2}'), (2, {_DATES}, null, 'bob', 'bob@x', '{PBKDF2}'),
    (9, {_DATES}, '2025-02-28 00:00:00', 'alice', 'gone@x', '{PBKDF2}');
insert into messages values (3, {_DATES}, null, 1, 'one', 1740663960, false), (5, {_DATES}, null, 2, 'two', 1740663961, null),
    (9, {_DATES}, '2025-02-28 00:00:00', 1, 'gone', 1740663962, false);
insert into followers values (2, 1);
"""

RAILS = f"""
create table users (id integer primary key, username varchar, email varchar, password_digest varchar,
                    created_at timestamp, updated_at timestamp);
create table messages (id integer primary key, user_id integer, content text, flagged boolean, created_at timestamp,
                       updated_at timestamp);
create table follows (id integer primary key, follower_id integer, followed_id integer, created_at timestamp);
create table schema_migrations (version varchar);
insert into users values (1, 'alice', 'alice@x', '{PBKDF2}', {_DATES}), (2, 'bob', 'bob@x', '{PBKDF2}', {_DATES});
insert into messages values (3, 1, 'one', false, '2025-02-27 13:46:00', '2025-03-01 00:00:00'),
    (5, 2, 'two', null, '2025-02-27 13:46:01', '2025-03-01 00:00:00');
insert into follows values (1, 2, 1, '2025-02-27 13:46:00');
"""

SEQUELIZE = f"""
create table "Users" (id integer primary key, username varchar(255), email varchar(255), password varchar(255),
                      "createdAt" text, "updatedAt" text);
create table "Messages" (id integer primary key, "userId" integer, body text, "isFlagged" smallint, "createdAt" text,
                         "updatedAt" text);
create table "Followers" (id integer primary key, "followerId" integer, "followingId" integer);
insert into "Users" values (1, 'alice', 'alice@x', '{PBKDF2}', '', ''), (2, 'bob', 'bob@x', '{PBKDF2}', '', '');
insert into "Messages" values (3, 1, 'one', 0, '2025-02-27 13:46:00.000 +00:00', ''),
    (5, 2, 'two', 0, '2025-02-27 14:46:01.000 +01:00', '');
insert into "Followers" values (1, 2, 1);
"""

# Its users have UUIDs.
ENTITY_FRAMEWORK = f"""
create table "AspNetUsers" ("Id" text primary key, "UserName" text, "NormalizedUserName" text, "Email" text,
                            "NormalizedEmail" text, "PasswordHash" text);
create table "AspNetUserClaims" ("Id" integer primary key, "UserId" text, "ClaimType" text);
create table "Messages" ("MessageId" integer primary key, "AuthorId" text, "Text" text, "PubDate" text, "Flagged" integer,
                         "CreatedAt" text);
create table "Followers" ("WhoId" text, "WhomId" text);
insert into "AspNetUsers" values
    ('0b1f1b62-8a31-4f0c-9f0c-000000000001', 'alice', 'ALICE', 'alice@x', 'ALICE@X', '{PBKDF2}'),
    ('5b1f1b62-8a31-4f0c-9f0c-000000000002', 'bob', 'BOB', 'bob@x', 'BOB@X', '{PBKDF2}');
insert into "Messages" values (3, '0b1f1b62-8a31-4f0c-9f0c-000000000001', 'one', '2025-02-27 13:46:00.0000000', 0, ''),
    (5, '5b1f1b62-8a31-4f0c-9f0c-000000000002', 'two', '2025-02-27 13:46:01', 0, '');
insert into "Followers" values ('5b1f1b62-8a31-4f0c-9f0c-000000000002', '0b1f1b62-8a31-4f0c-9f0c-000000000001');
"""

DJANGO = f"""
create table auth_user (id integer primary key, password varchar(128), last_login timestamp, is_superuser boolean,
                        username varchar(150), first_name varchar(150), email varchar(254), date_joined timestamp);
create table auth_user_groups (id integer primary key, user_id integer, group_id integer);
create table django_session (session_key varchar(40), session_data text, expire_date timestamp);
create table minitwit_message (id integer primary key, author_id integer, text text, pub_date timestamp, flagged integer);
create table minitwit_follower (id integer primary key, who_id integer, whom_id integer);
insert into auth_user values (1, '{PBKDF2}', null, false, 'alice', '', 'alice@x', '2025-02-27 13:46:00'),
    (2, '{PBKDF2}', null, false, 'bob', '', 'bob@x', '2025-02-27 13:46:00');
insert into minitwit_message values (3, 1, 'one', '2025-02-27 13:46:00', 0), (5, 2, 'two', '2025-02-27 13:46:01', 0);
insert into minitwit_follower values (1, 2, 1);
"""

# Messages and follows have names of users.
SPRING = f"""
create table app_user (id integer primary key, name varchar(255), mail varchar(255), password varchar(255));
create table post (id integer primary key, author varchar(255), content varchar(255), timestamp bigint);
create table user_following (user_name varchar(255), following_name varchar(255));
insert into app_user values (1, 'alice', 'alice@x', '{PBKDF2}'), (2, 'bob', 'bob@x', '{PBKDF2}');
insert into post values (3, 'alice', 'one', 1740663960000), (5, 'bob', 'two', 1740663961000);
insert into user_following values ('bob', 'alice');
"""

ALL = {
    "gorm": GORM, "Rails": RAILS, "Sequelize": SEQUELIZE, "Entity Framework": ENTITY_FRAMEWORK, "Django": DJANGO,
    "Spring": SPRING,
}  # fmt: skip

USERS = [(1, "alice", "alice@x", PBKDF2), (2, "bob", "bob@x", PBKDF2)]
MESSAGES = [(3, 1, "one", 1740663960.0, False), (5, 2, "two", 1740663961.0, False)]
FOLLOWS = [(2, 1)]
