/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SESSION_H
#define MT_SESSION_H

#include "core/flash.h"
#include "http/request.h"
#include "store/users.h"

/* Sessions of the site's users. The cookie contains a random token. The database contains only the token's hash. */

/* 1 if the request has a session cookie. It may be invalid, or its session may have ended. */
int mt_session_is_claimed(mt_request_t *request);

/* 1 if the request has a session cookie or a flash cookie, so that its page may differ from that of other clients. */
int mt_session_has_cookies(mt_request_t *request);

/* The hash of the session cookie's token, or of a session that began in this request: MT_TOKEN_HASH_SIZE bytes in the
 * request's pool. NULL if there is no such cookie, or its value is not a token. */
const unsigned char *mt_session_hash(mt_request_t *request);

/* Finds the user of the session. *user is in the request's pool, or NULL if no user is signed in. Needs no query if the
 * cookie is not a token. Returns OK or fails the request. */
int mt_session_user(mt_request_t *request, mt_user_t **user);

/* Begins a session with a new token and sets its cookie. *is_begun: 0, and no session, if the user's password has
 * changed since user->password_hash was read. Returns OK or fails the request. */
int mt_session_begin(mt_request_t *request, const mt_user_t *user, int *is_begun);

/* Ends the session of the cookie, in the database and in the browser. Returns OK or fails the request. */
int mt_session_end(mt_request_t *request);

/* Sets the flash cookie: the sentence that the next page will show. username: the name in the sentence, or NULL. */
void mt_session_flash(mt_request_t *request, mt_flash_t flash, const char *username);

/* The username of a user who has just registered, from the flash cookie, in the request's pool. NULL: none, or the
 * request is speculative and does not show the flash. */
const char *mt_session_flash_username(mt_request_t *request);

/* The sentence of the flash cookie, in the request's pool, or NULL. Deletes the cookie (not for HEAD), so that the
 * sentence shows only once. A speculative request neither shows nor deletes it, because its user may never see the
 * answer. */
const char *mt_session_take_flash(mt_request_t *request);

/* 1 if the page lacks a flash that the next page must show. Then the browser must not keep the answer. */
int mt_session_keeps_flash(mt_request_t *request);

#endif
