/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WEB_MESSAGES_H
#define MT_WEB_MESSAGES_H

#include "http/request.h"
#include "store/messages.h"
#include "web/views.h"

/* Lists of messages, and the links to their other parts. Each page of a list has a cursor (core/cursor.h) in its query:
 * "?before=CURSOR" or "?after=CURSOR". Links of earlier versions have "?before=ID". */

#define MT_WEB_MESSAGES_PER_PAGE 30

/* Sets *range from the query. It has two messages more than a page. One shows whether there is a further page. The
 * other is that of the cursor, which shows whether the cursor is that of a message. Returns 1, or 0 if the query has
 * an id, which mt_web_messages_redirect turns into a cursor. */
int mt_web_messages_range(const mt_request_t *request, mt_message_range_t *range);

/* Redirects a link of an earlier version to the same page with a cursor, or to the first page if no message has had
 * this id. path: below the mount. Uses the database. Returns OK or fails the request. */
int mt_web_messages_redirect(mt_request_t *request, const char *path);

/* Returns path with the query that selects the range, in the request's pool. */
const char *mt_web_messages_path(const mt_request_t *request, const char *path, const mt_message_range_t *range);

/* Fills in the list of messages and the links to other parts. path: of the list, below the mount, percent-encoded, with
 * or without a query. If the cursor is not that of a message, the answer is not stored in the cache, because a client
 * could invent any number of cursors and evict all other answers. Returns 1. Returns 0 if the messages are newer than
 * the cursor and there are no further ones. The caller then redirects to path, because the first page has all of them.
 */
int mt_web_messages_show(mt_request_t *request, const char *path, const mt_message_range_t *range,
                         const mt_messages_t *found, mt_message_list_view_t *view);

/* Returns the URL of the part of a list that begins next to a place. url: of the list, with or without a query. kind:
 * "before" or "after". */
const char *mt_web_messages_link(const mt_request_t *request, const char *url, const char *kind,
                                 const mt_cursor_t *key);

/* Returns the path of a message's page, below the mount, percent-encoded, in pool. */
const char *mt_web_messages_permalink(apr_pool_t *pool, const char *username, apr_int64_t id);

/* Returns "NAME: the first words", with the name isolated, in pool. */
const char *mt_web_messages_title(apr_pool_t *pool, const mt_message_t *message);

/* Returns a list of mt_message_view_t, for templates/message.html. */
mt_list_t mt_web_messages_list(const mt_request_t *request, const mt_message_t *messages, int count);

/* Returns the URL of an avatar, for a picture of 48 pixels. */
const char *mt_web_messages_avatar(const mt_request_t *request, const char *email, const char *avatar);

#endif
