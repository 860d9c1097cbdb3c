/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RIGHTS_H
#define MT_RIGHTS_H

/* The rights that the site's statements need, as a common table expression for a WITH. The migrations grant the same
 * rights. columns: null means all columns. A function is named with its
 * parameters. */
#define MT_RIGHTS_WANTED                                                                                               \
    "wanted (relation, privilege, columns) as (values "                                                                \
    "('schema_version', 'select', null::text[]), ('users', 'select', null), ('messages', 'select', null), "            \
    "('followers', 'select', null), ('sessions', 'select', null), ('backup', 'select', null), "                        \
    "('site', 'select', null), "                                                                                       \
    "('users', 'insert', '{username,email,password_hash}'), "                                                          \
    "('users', 'update', '{about,password_hash,mentions_seen}'), "                                                     \
    "('messages', 'insert', '{author_id,text,answers_id,answers_author_id}'), "                                        \
    "('answers', 'select', null), ('answers', 'insert', '{answered_id,pub_date,message_id}'), "                        \
    "('mentions', 'select', null), ('mentions', 'insert', '{user_id,pub_date,message_id}'), "                          \
    "('message_tags', 'select', null), ('message_tags', 'insert', '{tag,pub_date,message_id}'), "                      \
    "('followers', 'insert', '{who_id,whom_id}'), "                                                                    \
    "('search', 'select', null), ('search', 'insert', null), ('search_progress', 'select', null), "                    \
    "('search_progress', 'update', null), ('search_settle()', 'execute', null), "                                      \
    "('followers', 'delete', null), ('sessions', 'insert', '{token_hash,user_id,expires_at}'), "                       \
    "('sessions', 'delete', null), ('simulator_latest', 'select', null), ('simulator_latest', 'update', null)) "

#endif
