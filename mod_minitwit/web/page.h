/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PAGE_H
#define MT_PAGE_H

#include "http/request.h"
#include "store/users.h"
#include "web/site.h"
#include "web/views.h"

/* Notes who looks at the page, for the access log and for pages that tell of a failure. found: what the store said,
 * APR_SUCCESS or APR_ENOENT when it was asked indeed; visitor NULL: then nobody is signed in. */
void mt_web_page_note_visitor(mt_request_t *request, apr_status_t found, const mt_user_t *visitor);

/* The user who looks at the page; *visitor NULL: nobody is signed in. Returns OK or fails the request. */
int mt_web_page_visitor(mt_request_t *request, mt_user_t **visitor);

/* The same for what only users may do: fails with 401 when nobody is signed in. */
int mt_web_page_require_visitor(mt_request_t *request, mt_user_t **visitor);

/* Fails with 404, for the username in the path. */
int mt_web_page_fail_unknown_user(mt_request_t *request);

/* The URL of a user's timeline. */
const char *mt_web_page_profile(const mt_request_t *request, const char *username);

/* Answers with a timeline that was rendered a moment ago, for visitors who are nobody in particular. username: as
 * mt_cache_find has it; before: the part of the timeline. 1: the response is complete. */
int mt_web_page_find(mt_request_t *request, const char *username, apr_int64_t before);

/* Renders a view, whose first member is its layout with title (and owner) set, as the response. Takes the flash. Gives
 * the database connection back. Returns OK. */
int mt_web_page_render(mt_request_t *request, mt_site_page_t page, const mt_user_t *visitor, mt_layout_view_t *view);

#endif
