/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SESSION_H
#define MT_SESSION_H

#include "core/flash.h"
#include "http/request.h"
#include "store/users.h"

/* 1 when the request has a session cookie. It may be false, or its session may have ended. */
int mt_session_is_claimed(mt_request_t *request);

/* 1 when the request has a session cookie or a flash cookie, so that its page may differ from everybody else's. */
int mt_session_has_cookies(mt_request_t *request);

/* The hash of the session cookie's token, MT_TOKEN_HASH_SIZE bytes; NULL: there is no such cookie, or it is no token.
 */
const unsigned char *mt_session_hash(mt_request_t *request);

/* The user who is signed in, *user NULL when nobody is. A cookie that is no token costs no query. Returns OK or fails
 * the request. */
int mt_session_user(mt_request_t *request, mt_user_t **user);

/* Begins a session with a fresh token and sets its cookie, as long as the user's password is that of
 * user->password_hash: else *is_begun is 0. */
int mt_session_begin(mt_request_t *request, const mt_user_t *user, int *is_begun);

/* Ends the session of the cookie, in the database and in the browser. */
int mt_session_end(mt_request_t *request);

/* Sets what the next page will show. username: NULL, or the one that the sentence names. */
void mt_session_flash(mt_request_t *request, mt_flash_t flash, const char *username);

/* The sentence to show on this page, taken away so that it shows once; NULL: none. */
const char *mt_session_take_flash(mt_request_t *request);

#endif
