/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_NEXT_H
#define MT_NEXT_H

#include "http/request.h"

/* The page that a visitor returns to after a login: /login?next=PATH. Anyone can make such a link. So the value may
 * name only pages of this mount that change nothing. All paths here are below the mount, percent-encoded, and may have
 * a query. The results live in the request's pool. */

/* Returns the page that the field next of the request's form, or of its query, names. NULL: none, or the value is not
 * valid. The function builds the page from a route to a page whose GET changes nothing, and from the known parts of the
 * query. So it never leads to another host. */
const char *mt_web_next_asked(const mt_request_t *request);

/* Returns the page to which a visitor should return if this request is refused because they are not signed in: the same
 * page, or the page of the user whom a change is about. NULL: none. It depends on the query of this request, so no
 * cached page may show it. */
const char *mt_web_next_here(const mt_request_t *request);

/* Returns "?next=" and the encoded path, or "" if next is NULL. */
const char *mt_web_next_query(const mt_request_t *request, const char *next);

#endif
