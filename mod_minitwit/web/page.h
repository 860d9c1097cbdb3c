/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PAGE_H
#define MT_PAGE_H

#include "http/request.h"
#include "store/users.h"
#include "web/site.h"
#include "web/views.h"

/* Records the visitor, for the access log and for error pages. visitor: the user who is signed in, or NULL. found: the
 * store's result. Only with APR_SUCCESS or APR_ENOENT does NULL mean that nobody is signed in. */
void mt_web_page_note_visitor(mt_request_t *request, apr_status_t found, const mt_user_t *visitor);

/* Finds the user who is signed in. *visitor: NULL if nobody is. Returns OK or fails the request. */
int mt_web_page_visitor(mt_request_t *request, mt_user_t **visitor);

/* The same, but fails with 401 if nobody is signed in. */
int mt_web_page_require_visitor(mt_request_t *request, mt_user_t **visitor);

/* Fails with 401, because the database has no session for the request's cookie, or there is no cookie. */
int mt_web_page_fail_anonymous(mt_request_t *request);

/* Fails, because a write of the session's user failed. If the write may have been committed, this function invalidates
 * all cached answers, because it is unknown which users the write concerned. */
int mt_web_page_fail_write(mt_request_t *request, const mt_connection_t *connection);

/* Fails with 404, because the user in the path does not exist. */
int mt_web_page_fail_unknown_user(mt_request_t *request);

/* Fails with 404, because no message has the tag. Clients could invent any number of tags. So a tag without messages
 * has no page, and no answer in the cache. shown: with # and isolated. */
int mt_web_page_fail_unknown_tag(mt_request_t *request, const char *shown);

/* Returns the URL of a user's timeline, in the request's pool. */
const char *mt_web_page_profile(const mt_request_t *request, const char *username);

/* Returns the absolute URL of a path below the mount, in the request's pool, or NULL without MinitwitSiteURL. path: ""
 * or it begins with a slash; percent-encoded. Only this function makes absolute URLs. */
const char *mt_web_page_absolute(const mt_request_t *request, const char *path);

/* Answers with a timeline from the cache, if the request has neither a session nor a flash. username: the subject, as
 * for mt_cache_find. part: as for mt_cache_find. Returns 1 if the response is complete. */
int mt_web_page_find(mt_request_t *request, const char *username, const void *part, apr_size_t len);

/* Gives the database connection back and renders a view as the response, with the flash. view: the layout at the start
 * of the view, with its title, and its owner if there is one. Returns OK. */
int mt_web_page_render(mt_request_t *request, mt_site_page_t page, const mt_user_t *visitor, mt_layout_view_t *view);

#endif
