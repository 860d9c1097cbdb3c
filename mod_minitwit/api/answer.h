/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ANSWER_H
#define MT_ANSWER_H

#include "http/request.h"
#include "store/users.h"

/* The first and last steps of the endpoints of the simulator's API. A client can observe the order of these steps:
 *
 *     record latest --> check the credentials --> look up the user --> check the body
 *
 * So latest is recorded even if the request fails. The server reads the body before all this, because a client may send
 * it slowly, and no connection may be held meanwhile. It reports an error of the body only when its turn comes. */
typedef struct mt_answer_body_t {
    int status;          /* OK, or the failure to return after the other checks */
    const char *problem; /* the text of the answer 400 to an invalid body; NULL: it is valid */
    const char *data;
    apr_size_t len;
} mt_answer_body_t;

/* Returns 1 if the request has the right credentials. The name in them becomes the user of the request. */
int mt_api_answer_is_authorized(mt_request_t *request);

/* Reads the body. Stores an error in *body instead of failing the request. */
void mt_api_answer_read(mt_request_t *request, mt_answer_body_t *body);

/* The same, but does not read the body of an unauthorized request. */
void mt_api_answer_read_authorized(mt_request_t *request, mt_answer_body_t *body);

/* Returns 1 if the body was read and is valid. */
int mt_api_answer_is_read(const mt_answer_body_t *body);

/* Fails the request with the error of its body. */
int mt_api_answer_fail_body(mt_request_t *request, const mt_answer_body_t *body);

/* Borrows a connection and records ?latest=N, in one round trip with the next statement. */
int mt_api_answer_begin(mt_request_t *request, mt_connection_t **connection);

/* The same, but records latest and fails with 403 if the request does not have the right credentials. */
int mt_api_answer_begin_authorized(mt_request_t *request, mt_connection_t **connection);

/* Fails the request after an operation of the store on the user in the path. found: its result, not APR_SUCCESS. With
 * APR_ENOENT, the answer is 404. */
int mt_api_answer_fail_user(mt_request_t *request, const mt_connection_t *connection, apr_status_t found);

/* Records ?latest=N at once. Does nothing if there is no valid N. Returns OK or fails the request. */
int mt_api_answer_record(mt_request_t *request);

/* Returns the maximum number of rows for ?no=N: 100 if N is not an integer, and MinitwitApiRowLimit if it is negative
 * or above that limit. */
apr_int64_t mt_api_answer_limit(const mt_request_t *request);

/* Makes httpd ignore the header Range. A part of an answer is not JSON, and the description of the API has no such
 * answer. */
void mt_api_answer_whole(mt_request_t *request);

/* Sets the content type to JSON. Returns the response's body, which is empty. */
mt_buffer_t *mt_api_answer_json(mt_request_t *request);

/* Answers 204 without a body. Returns OK. */
int mt_api_answer_nothing(mt_request_t *request);

/* The handler's fail function (http/handler.h). Writes {"status": ..., "error_msg": "..."}. */
void mt_api_answer_fail(mt_request_t *request, int status);

#endif
