/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ANSWER_H
#define MT_ANSWER_H

#include "http/request.h"
#include "store/users.h"

/* What all endpoints of the simulator's API begin and end with. A client can observe this order: latest is recorded,
 * then the credentials are looked at, then the user, then the body. */

/* A body. It is read before a connection is borrowed, because a client may send it slowly. Its error is reported only
 * after the errors that come first. */
typedef struct mt_answer_body_t {
    int status;          /* OK, or the failure to return once it is the body's turn */
    const char *problem; /* the body's content is refused with 400; NULL: it is not */
    const char *data;
    apr_size_t len;
} mt_answer_body_t;

/* 1 when the request carries the right credentials; it is then the user's that they name. */
int mt_api_answer_is_authorized(mt_request_t *request);

/* Reads the body. */
void mt_api_answer_read(mt_request_t *request, mt_answer_body_t *body);

/* The same, but leaves the body of an unauthorized request alone. */
void mt_api_answer_read_authorized(mt_request_t *request, mt_answer_body_t *body);

/* 1 when the body can be used. */
int mt_api_answer_is_read(const mt_answer_body_t *body);

/* Fails the request for what is wrong with its body. */
int mt_api_answer_fail_body(mt_request_t *request, const mt_answer_body_t *body);

/* Borrows a connection and records ?latest=N, in one round trip with the first statement that follows. */
int mt_api_answer_begin(mt_request_t *request, mt_connection_t **connection);

/* The same, then fails with 403, latest recorded, unless the request carries the right credentials. */
int mt_api_answer_begin_authorized(mt_request_t *request, mt_connection_t **connection);

/* Fails for what the store returned about the user of the path, which is no success: with 404 when there is none. */
int mt_api_answer_fail_user(mt_request_t *request, const mt_connection_t *connection, apr_status_t found);

/* Records ?latest=N at once, for a request that is refused; does nothing when it says none. */
int mt_api_answer_record(mt_request_t *request);

/* ?no=N as the most rows to answer with: 100 unless an integer; the ceiling when negative or above it. */
apr_int64_t mt_api_answer_limit(const mt_request_t *request);

/* Starts a JSON document in the response's body. */
mt_buffer_t *mt_api_answer_json(mt_request_t *request);

/* 204, empty. */
int mt_api_answer_nothing(mt_request_t *request);

/* The handler's way to write a failure down: {"status": ..., "error_msg": "..."}. */
void mt_api_answer_fail(mt_request_t *request, int status);

#endif
