/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/statement.h"

#include "store/statement_follows.h"
#include "store/statement_messages.h"
#include "store/statement_posts.h"
#include "store/statement_search.h"
#include "store/statement_sessions.h"
#include "store/statement_site.h"
#include "store/statement_users.h"

/* The SQL of each subject is in a file of its own. The macros there have the names of the statements. */
static const mt_statement_t statements[MT_STATEMENT_COUNT] = {
    [MT_STATEMENT_FOLLOWS_ADD] = { "follows_add", FOLLOWS_ADD, 3, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_FOLLOWS_ADD_BY_USERNAME] = { "follows_add_by_username", FOLLOWS_ADD_BY_USERNAME, 4,
                                               MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_FOLLOWS_EXISTS] = { "follows_exists", FOLLOWS_EXISTS, 3, MT_STATEMENT_READ },
    [MT_STATEMENT_FOLLOWS_FOLLOWEES] = { "follows_followees", FOLLOWS_FOLLOWEES, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_FOLLOWS_FOLLOWEES_NEWER] = { "follows_followees_newer", FOLLOWS_FOLLOWEES_NEWER, 4,
                                               MT_STATEMENT_READ },
    [MT_STATEMENT_FOLLOWS_FOLLOWERS] = { "follows_followers", FOLLOWS_FOLLOWERS, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_FOLLOWS_FOLLOWERS_NEWER] = { "follows_followers_newer", FOLLOWS_FOLLOWERS_NEWER, 4,
                                               MT_STATEMENT_READ },
    [MT_STATEMENT_FOLLOWS_NAMES] = { "follows_names", FOLLOWS_NAMES, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_FOLLOWS_REMOVE] = { "follows_remove", FOLLOWS_REMOVE, 3, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_FOLLOWS_REMOVE_BY_USERNAME] = { "follows_remove_by_username", FOLLOWS_REMOVE_BY_USERNAME, 4,
                                                  MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_MENTIONS_SEE] = { "mentions_see", MENTIONS_SEE, 1, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_MESSAGES_ADD] = { "messages_add", MESSAGES_ADD, 2, MT_STATEMENT_WRITE },
    [MT_STATEMENT_MESSAGES_ADD_BY_USERNAME] = { "messages_add_by_username", MESSAGES_ADD_BY_USERNAME, 3,
                                                MT_STATEMENT_WRITE },
    [MT_STATEMENT_MESSAGES_ADD_BY_USERNAME_MARKED] = { "messages_add_by_username_marked",
                                                       MESSAGES_ADD_BY_USERNAME_MARKED, 5, MT_STATEMENT_WRITE },
    [MT_STATEMENT_MESSAGES_ADD_MARKED] = { "messages_add_marked", MESSAGES_ADD_MARKED, 5, MT_STATEMENT_WRITE },
    [MT_STATEMENT_MESSAGES_ANSWERED] = { "messages_answered", MESSAGES_ANSWERED, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_ANSWERS] = { "messages_answers", MESSAGES_ANSWERS, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_ANSWERS_NEWER] = { "messages_answers_newer", MESSAGES_ANSWERS_NEWER, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_BY_USER] = { "messages_by_user", MESSAGES_BY_USER, 5, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_BY_USER_NEWER] = { "messages_by_user_newer", MESSAGES_BY_USER_NEWER, 5, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_FIND] = { "messages_find", MESSAGES_FIND, 3, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_HOME_FEW] = { "messages_home_few", MESSAGES_HOME_FEW, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_HOME_FEW_NEWER] = { "messages_home_few_newer", MESSAGES_HOME_FEW_NEWER, 4,
                                               MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_HOME_MANY] = { "messages_home_many", MESSAGES_HOME_MANY, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_HOME_MANY_NEWER] = { "messages_home_many_newer", MESSAGES_HOME_MANY_NEWER, 4,
                                                MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_HOME_SESSION] = { "messages_home_session", MESSAGES_HOME_SESSION, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_HOME_SESSION_NEWER] = { "messages_home_session_newer", MESSAGES_HOME_SESSION_NEWER, 4,
                                                   MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_KEY] = { "messages_key", MESSAGES_KEY, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_MENTIONING] = { "messages_mentioning", MESSAGES_MENTIONING, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_MENTIONING_NEWER] = { "messages_mentioning_newer", MESSAGES_MENTIONING_NEWER, 4,
                                                 MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_PUBLIC] = { "messages_public", MESSAGES_PUBLIC, 3, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_PUBLIC_NEWER] = { "messages_public_newer", MESSAGES_PUBLIC_NEWER, 3, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_TAGGED] = { "messages_tagged", MESSAGES_TAGGED, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_MESSAGES_TAGGED_NEWER] = { "messages_tagged_newer", MESSAGES_TAGGED_NEWER, 4, MT_STATEMENT_READ },
    [MT_STATEMENT_READINESS] = { "readiness", READINESS, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_SCHEMA_MAX_CONNECTIONS] = { "schema_max_connections", SCHEMA_MAX_CONNECTIONS, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_SCHEMA_VERSION] = { "schema_version", SCHEMA_VERSION, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_COMPLETE] = { "search_complete", SEARCH_COMPLETE, 1, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_SEARCH_INDEX] = { "search_index", SEARCH_INDEX, 1, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_SEARCH_MESSAGES] = { "search_messages", SEARCH_OLDER, 7, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_MESSAGES_NEWER] = { "search_messages_newer", SEARCH_NEWER, 7, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_PEOPLE] = { "search_people", SEARCH_PEOPLE, 3, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_REST] = { "search_rest", SEARCH_REST("<", "desc"), 1, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_REST_NEWER] = { "search_rest_newer", SEARCH_REST(">", "asc"), 1, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_SETTINGS] = { "search_settings", SEARCH_SETTINGS, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_SEARCH_SETTLE] = { "search_settle", SEARCH_SETTLE, 0, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_SESSIONS_ADD] = { "sessions_add", SESSIONS_ADD, 4, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_SESSIONS_FIND] = { "sessions_find", SESSIONS_FIND, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_SESSIONS_LOCK] = { "sessions_lock", SESSIONS_LOCK, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_SESSIONS_LOCK_ROW] = { "sessions_lock_row", SESSIONS_LOCK_ROW, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_SESSIONS_REMOVE] = { "sessions_remove", SESSIONS_REMOVE, 1, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_SIMULATOR_LATEST] = { "simulator_latest", SIMULATOR_LATEST, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_SIMULATOR_RECORD] = { "simulator_record", SIMULATOR_RECORD, 1, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_SITE_FIND] = { "site_find", SITE_FIND, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_STATISTICS] = { "statistics", STATISTICS, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_STATISTICS_FOLLOWS] = { "statistics_follows", STATISTICS_FOLLOWS, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_STATISTICS_SINCE] = { "statistics_since", STATISTICS_SINCE, 2, MT_STATEMENT_READ },
    [MT_STATEMENT_STATISTICS_STATE] = { "statistics_state", STATISTICS_STATE, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_USERS_ABOUT] = { "users_about", USERS_ABOUT, 1, MT_STATEMENT_READ },
    [MT_STATEMENT_USERS_ADD] = { "users_add", USERS_ADD, 3, MT_STATEMENT_WRITE },
    [MT_STATEMENT_USERS_DESCRIBE] = { "users_describe", USERS_DESCRIBE, 2, MT_STATEMENT_IDEMPOTENT },
    [MT_STATEMENT_USERS_FIND] = { "users_find", USERS_FIND, 2, MT_STATEMENT_READ },
    [MT_STATEMENT_USERS_LAST] = { "users_last", USERS_LAST, 0, MT_STATEMENT_READ },
    [MT_STATEMENT_USERS_NAMES] = { "users_names", USERS_NAMES, 2, MT_STATEMENT_READ },
    [MT_STATEMENT_USERS_PROFILE] = { "users_profile", USERS_PROFILE, 2, MT_STATEMENT_READ },
    [MT_STATEMENT_USERS_REHASH] = { "users_rehash", USERS_REHASH, 3, MT_STATEMENT_IDEMPOTENT },
};

const mt_statement_t *mt_statement_get(mt_statement_id_t id)
{
    return &statements[id];
}

const char *mt_statement_label(mt_statement_id_t id)
{
    return statements[id].label;
}
