/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/views.h"

#include <stddef.h>

const mt_field_t mt_web_views_layout[] = {
    { "title", MT_FIELD_PHRASE, offsetof(mt_layout_view_t, title), NULL },
    { "owner", MT_FIELD_PHRASE, offsetof(mt_layout_view_t, owner), NULL },
    { "mount", MT_FIELD_TEXT, offsetof(mt_layout_view_t, mount), NULL },
    { "style", MT_FIELD_TEXT, offsetof(mt_layout_view_t, style), NULL },
    { "script", MT_FIELD_TEXT, offsetof(mt_layout_view_t, script), NULL },
    { "icon", MT_FIELD_TEXT, offsetof(mt_layout_view_t, icon), NULL },
    { "touch_icon", MT_FIELD_TEXT, offsetof(mt_layout_view_t, touch_icon), NULL },
    { "manifest", MT_FIELD_TEXT, offsetof(mt_layout_view_t, manifest), NULL },
    { "version", MT_FIELD_TEXT, offsetof(mt_layout_view_t, version), NULL },
    { "limit", MT_FIELD_TEXT, offsetof(mt_layout_view_t, limit), NULL },
    { "flash", MT_FIELD_PHRASE, offsetof(mt_layout_view_t, flash), NULL },
    { "visitor", MT_FIELD_PHRASE, offsetof(mt_layout_view_t, visitor), NULL },
    { "signed_in", MT_FIELD_FLAG, offsetof(mt_layout_view_t, signed_in), NULL },
    { "description", MT_FIELD_PHRASE, offsetof(mt_layout_view_t, description), NULL },
    { "canonical", MT_FIELD_TEXT, offsetof(mt_layout_view_t, canonical), NULL },
    { "noindex", MT_FIELD_FLAG, offsetof(mt_layout_view_t, noindex), NULL },
    { "og_title", MT_FIELD_PHRASE, offsetof(mt_layout_view_t, og_title), NULL },
    { "og_type", MT_FIELD_TEXT, offsetof(mt_layout_view_t, og_type), NULL },
    { "feed", MT_FIELD_TEXT, offsetof(mt_layout_view_t, feed), NULL },
    { "mentions", MT_FIELD_TEXT, offsetof(mt_layout_view_t, mentions), NULL },
    { "mentions_new", MT_FIELD_TEXT, offsetof(mt_layout_view_t, mentions_new), NULL },
    { "searchable", MT_FIELD_FLAG, offsetof(mt_layout_view_t, searchable), NULL },
    { "at_home", MT_FIELD_FLAG, offsetof(mt_layout_view_t, at_home), NULL },
    { "at_public", MT_FIELD_FLAG, offsetof(mt_layout_view_t, at_public), NULL },
    { "at_mentions", MT_FIELD_FLAG, offsetof(mt_layout_view_t, at_mentions), NULL },
    { "at_search", MT_FIELD_FLAG, offsetof(mt_layout_view_t, at_search), NULL },
    { "at_register", MT_FIELD_FLAG, offsetof(mt_layout_view_t, at_register), NULL },
    { "at_login", MT_FIELD_FLAG, offsetof(mt_layout_view_t, at_login), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

static const mt_field_t message_fields[] = {
    { "id", MT_FIELD_TEXT, offsetof(mt_message_view_t, id), NULL },
    { "new", MT_FIELD_FLAG, offsetof(mt_message_view_t, is_new), NULL },
    { "main", MT_FIELD_FLAG, offsetof(mt_message_view_t, is_main), NULL },
    { "username", MT_FIELD_PHRASE, offsetof(mt_message_view_t, username), NULL },
    { "profile", MT_FIELD_TEXT, offsetof(mt_message_view_t, profile), NULL },
    { "url", MT_FIELD_TEXT, offsetof(mt_message_view_t, url), NULL },
    { "avatar", MT_FIELD_TEXT, offsetof(mt_message_view_t, avatar), NULL },
    { "html", MT_FIELD_TEXT, offsetof(mt_message_view_t, html), NULL },
    { "long", MT_FIELD_FLAG, offsetof(mt_message_view_t, is_long), NULL },
    { "date", MT_FIELD_TEXT, offsetof(mt_message_view_t, date), NULL },
    { "machine_date", MT_FIELD_TEXT, offsetof(mt_message_view_t, machine_date), NULL },
    { "answered", MT_FIELD_PHRASE, offsetof(mt_message_view_t, answered), NULL },
    { "answered_url", MT_FIELD_TEXT, offsetof(mt_message_view_t, answered_url), NULL },
    { "answers_deleted", MT_FIELD_FLAG, offsetof(mt_message_view_t, is_orphan), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

/* Macros that expand to lists in braces. Each version of clang-format breaks them up in its own way. */
/* clang-format off */

/* The fields of messages.html, in a view whose mt_message_list_view_t begins there. */
#define MESSAGE_LIST(begin)                                                                                            \
    { "messages", MT_FIELD_LIST, (begin) + offsetof(mt_message_list_view_t, messages), message_fields },               \
    { "paged", MT_FIELD_FLAG, (begin) + offsetof(mt_message_list_view_t, paged), NULL },                               \
    { "newest", MT_FIELD_TEXT, (begin) + offsetof(mt_message_list_view_t, newest), NULL },                             \
    { "newer", MT_FIELD_TEXT, (begin) + offsetof(mt_message_list_view_t, newer), NULL },                               \
    { "empty", MT_FIELD_TEXT, (begin) + offsetof(mt_message_list_view_t, empty), NULL },                               \
    { "older", MT_FIELD_TEXT, (begin) + offsetof(mt_message_list_view_t, older), NULL }

/* The fields of head.html, in a view whose mt_profile_view_t begins there. */
#define PROFILE(begin)                                                                                                 \
    { "name", MT_FIELD_PHRASE, (begin) + offsetof(mt_profile_view_t, name), NULL },                                    \
    { "profile", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, profile), NULL },                                \
    { "portrait", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, portrait), NULL },                              \
    { "about", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, about), NULL },                                    \
    { "joined", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, joined), NULL },                                  \
    { "message_count", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, message_count), NULL },                    \
    { "one_message", MT_FIELD_FLAG, (begin) + offsetof(mt_profile_view_t, has_one_message), NULL },                    \
    { "follower_count", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, follower_count), NULL },                  \
    { "one_follower", MT_FIELD_FLAG, (begin) + offsetof(mt_profile_view_t, has_one_follower), NULL },                  \
    { "followee_count", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, followee_count), NULL },                  \
    { "sign_in", MT_FIELD_TEXT, (begin) + offsetof(mt_profile_view_t, sign_in), NULL },                                \
    { "own", MT_FIELD_FLAG, (begin) + offsetof(mt_profile_view_t, own), NULL },                                        \
    { "at_messages", MT_FIELD_FLAG, (begin) + offsetof(mt_profile_view_t, at_messages), NULL },                        \
    { "at_followers", MT_FIELD_FLAG, (begin) + offsetof(mt_profile_view_t, at_followers), NULL },                      \
    { "at_following", MT_FIELD_FLAG, (begin) + offsetof(mt_profile_view_t, at_following), NULL }

/* clang-format on */

const mt_field_t mt_web_views_timeline[] = {
    { "posting", MT_FIELD_FLAG, offsetof(mt_timeline_view_t, posting), NULL },
    { "followed", MT_FIELD_FLAG, offsetof(mt_timeline_view_t, followed), NULL },
    { "unfollowed", MT_FIELD_FLAG, offsetof(mt_timeline_view_t, unfollowed), NULL },
    PROFILE(offsetof(mt_timeline_view_t, head)),
    MESSAGE_LIST(offsetof(mt_timeline_view_t, list)),
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_thread[] = {
    { "parent", MT_FIELD_LIST, offsetof(mt_thread_view_t, answered), message_fields },
    { "message", MT_FIELD_LIST, offsetof(mt_thread_view_t, message), message_fields },
    { "answers", MT_FIELD_TEXT, offsetof(mt_thread_view_t, answers), NULL },
    { "sign_in", MT_FIELD_TEXT, offsetof(mt_thread_view_t, sign_in), NULL },
    MESSAGE_LIST(offsetof(mt_thread_view_t, list)),
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_login[] = {
    { "error", MT_FIELD_TEXT, offsetof(mt_login_view_t, error), NULL },
    { "username_wrong", MT_FIELD_FLAG, offsetof(mt_login_view_t, is_username_wrong), NULL },
    { "password_wrong", MT_FIELD_FLAG, offsetof(mt_login_view_t, is_password_wrong), NULL },
    { "username", MT_FIELD_TEXT, offsetof(mt_login_view_t, username), NULL },
    { "text", MT_FIELD_TEXT, offsetof(mt_login_view_t, text), NULL },
    { "answers", MT_FIELD_TEXT, offsetof(mt_login_view_t, answers), NULL },
    { "next", MT_FIELD_TEXT, offsetof(mt_login_view_t, next), NULL },
    { "next_query", MT_FIELD_TEXT, offsetof(mt_login_view_t, next_query), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_register[] = {
    { "error", MT_FIELD_TEXT, offsetof(mt_register_view_t, error), NULL },
    { "username_wrong", MT_FIELD_FLAG, offsetof(mt_register_view_t, is_username_wrong), NULL },
    { "email_wrong", MT_FIELD_FLAG, offsetof(mt_register_view_t, is_email_wrong), NULL },
    { "password_wrong", MT_FIELD_FLAG, offsetof(mt_register_view_t, is_password_wrong), NULL },
    { "password2_wrong", MT_FIELD_FLAG, offsetof(mt_register_view_t, is_password2_wrong), NULL },
    { "username", MT_FIELD_TEXT, offsetof(mt_register_view_t, username), NULL },
    { "email", MT_FIELD_TEXT, offsetof(mt_register_view_t, email), NULL },
    { "next", MT_FIELD_TEXT, offsetof(mt_register_view_t, next), NULL },
    { "next_query", MT_FIELD_TEXT, offsetof(mt_register_view_t, next_query), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_profile[] = {
    { "error", MT_FIELD_TEXT, offsetof(mt_profile_form_view_t, error), NULL },
    { "about", MT_FIELD_TEXT, offsetof(mt_profile_form_view_t, about), NULL },
    { "profile", MT_FIELD_TEXT, offsetof(mt_profile_form_view_t, profile), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

static const mt_field_t person_fields[] = {
    { "username", MT_FIELD_PHRASE, offsetof(mt_person_view_t, username), NULL },
    { "profile", MT_FIELD_TEXT, offsetof(mt_person_view_t, profile), NULL },
    { "avatar", MT_FIELD_TEXT, offsetof(mt_person_view_t, avatar), NULL },
    { "about", MT_FIELD_TEXT, offsetof(mt_person_view_t, about), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_people[] = {
    PROFILE(offsetof(mt_people_view_t, head)),
    { "people", MT_FIELD_LIST, offsetof(mt_people_view_t, people), person_fields },
    { "paged", MT_FIELD_FLAG, offsetof(mt_people_view_t, paged), NULL },
    { "newest", MT_FIELD_TEXT, offsetof(mt_people_view_t, newest), NULL },
    { "newer", MT_FIELD_TEXT, offsetof(mt_people_view_t, newer), NULL },
    { "older", MT_FIELD_TEXT, offsetof(mt_people_view_t, older), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_search[] = {
    { "query", MT_FIELD_TEXT, offsetof(mt_search_view_t, query), NULL },
    { "problem", MT_FIELD_TEXT, offsetof(mt_search_view_t, problem), NULL },
    { "people", MT_FIELD_LIST, offsetof(mt_search_view_t, people), person_fields },
    { "has_people", MT_FIELD_FLAG, offsetof(mt_search_view_t, has_people), NULL },
    { "has_messages", MT_FIELD_FLAG, offsetof(mt_search_view_t, has_messages), NULL },
    { "has_nothing", MT_FIELD_FLAG, offsetof(mt_search_view_t, has_nothing), NULL },
    MESSAGE_LIST(offsetof(mt_search_view_t, list)),
    { "further", MT_FIELD_TEXT, offsetof(mt_search_view_t, further), NULL },
    { "upward", MT_FIELD_FLAG, offsetof(mt_search_view_t, is_upward), NULL },
    { "reached", MT_FIELD_TEXT, offsetof(mt_search_view_t, reached), NULL },
    { "machine_reached", MT_FIELD_TEXT, offsetof(mt_search_view_t, machine_reached), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

static const mt_field_t typed_fields[] = {
    { "name", MT_FIELD_TEXT, offsetof(mt_typed_view_t, name), NULL },
    { "label", MT_FIELD_TEXT, offsetof(mt_typed_view_t, label), NULL },
    { "type", MT_FIELD_TEXT, offsetof(mt_typed_view_t, type), NULL },
    { "completion", MT_FIELD_TEXT, offsetof(mt_typed_view_t, completion), NULL },
    { "value", MT_FIELD_TEXT, offsetof(mt_typed_view_t, value), NULL },
    { "multiline", MT_FIELD_FLAG, offsetof(mt_typed_view_t, is_multiline), NULL },
    { "hidden", MT_FIELD_FLAG, offsetof(mt_typed_view_t, is_hidden), NULL },
    { "limit", MT_FIELD_TEXT, offsetof(mt_typed_view_t, limit), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};

const mt_field_t mt_web_views_failure[] = {
    { "problem", MT_FIELD_PHRASE, offsetof(mt_failure_view_t, problem), NULL },
    { "hint", MT_FIELD_TEXT, offsetof(mt_failure_view_t, hint), NULL },
    { "way", MT_FIELD_TEXT, offsetof(mt_failure_view_t, way), NULL },
    { "way_text", MT_FIELD_PHRASE, offsetof(mt_failure_view_t, way_text), NULL },
    { "typed", MT_FIELD_LIST, offsetof(mt_failure_view_t, typed), typed_fields },
    { "again", MT_FIELD_TEXT, offsetof(mt_failure_view_t, again), NULL },
    { "submit", MT_FIELD_TEXT, offsetof(mt_failure_view_t, submit), NULL },
    { "reference", MT_FIELD_TEXT, offsetof(mt_failure_view_t, reference), NULL },
    { "next", MT_FIELD_TEXT, offsetof(mt_failure_view_t, next), NULL },
    { NULL, MT_FIELD_TEXT, 0, NULL },
};
