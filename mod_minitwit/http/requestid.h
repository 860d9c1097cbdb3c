/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REQUESTID_H
#define MT_REQUESTID_H

#include <httpd.h>

/* The name of each request to a mounted path: in the response's header X-Request-Id, and as httpd's log id (%L) in both
 * logs. A proxy in front may give it, in the same header of the request. */

/* In each child process, before its threads start. */
void mt_requestid_child_init(void);

/* Gives a request its name, and the response the header. One that httpd made of another (ErrorDocument) keeps that
 * one's. */
void mt_requestid_assign(request_rec *r);

/* The generate_log_id hook: what is logged before the mount is found names the request the same. */
int mt_requestid_generate(const conn_rec *c, const request_rec *r, const char **id);

#endif
