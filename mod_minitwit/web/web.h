/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_WEB_H
#define MT_WEB_H

#include "http/request.h"

/* The endpoints of the HTML site, for the routing table. All return OK, or the status of a failure. */

int mt_web_timeline_home(mt_request_t *request);   /* GET / */
int mt_web_timeline_public(mt_request_t *request); /* GET /public */
int mt_web_timeline_user(mt_request_t *request);   /* GET /<username> */

int mt_web_feed_public(mt_request_t *request); /* GET /-/feed */
int mt_web_feed_user(mt_request_t *request);   /* GET /<username>/feed */
int mt_web_feed_tag(mt_request_t *request);    /* GET /-/tag/<tag>/feed */
int mt_web_search_show(mt_request_t *request); /* GET /-/search */

int mt_web_account_ask_login(mt_request_t *request);    /* GET /login */
int mt_web_account_login(mt_request_t *request);        /* POST /login */
int mt_web_account_ask_register(mt_request_t *request); /* GET /register */
int mt_web_account_register(mt_request_t *request);     /* POST /register */
int mt_web_account_logout(mt_request_t *request);       /* GET and POST /logout */

int mt_web_message_add(mt_request_t *request); /* POST /add_message */

int mt_web_thread_show(mt_request_t *request);   /* GET /<username>/<id> */
int mt_web_mentions_show(mt_request_t *request); /* GET /-/mentions */
int mt_web_tag_show(mt_request_t *request);      /* GET /-/tag/<tag> */

int mt_web_profile_ask(mt_request_t *request);  /* GET /-/profile */
int mt_web_profile_save(mt_request_t *request); /* POST /-/profile */

int mt_web_people_followers(mt_request_t *request); /* GET /<username>/followers */
int mt_web_people_followees(mt_request_t *request); /* GET /<username>/following */

int mt_web_follow_add(mt_request_t *request);    /* GET and POST /<username>/follow */
int mt_web_follow_remove(mt_request_t *request); /* GET and POST /<username>/unfollow */

/* The name of the web app manifest in the folder of static files, and below "/-/". Its URLs are relative to the latter.
 */
#define MT_WEB_STATIC_MANIFEST "manifest.webmanifest"

int mt_web_static_send(mt_request_t *request);          /* GET /static/<file> */
int mt_web_static_send_favicon(mt_request_t *request);  /* GET /favicon.ico */
int mt_web_sitemap_show(mt_request_t *request);         /* GET /-/sitemap.xml */
int mt_web_static_send_robots(mt_request_t *request);   /* GET /robots.txt */
int mt_web_static_send_manifest(mt_request_t *request); /* GET /-/manifest.webmanifest */
int mt_web_avatar_send(mt_request_t *request);          /* GET /static/avatar/<file> */

/* The handler's fail function (http/handler.h). Renders an error page. Does not use the database. */
void mt_web_page_fail(mt_request_t *request, int status);

#endif
