/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_REQUESTID_H
#define MT_REQUESTID_H

#include <httpd.h>

/* The id of each request to a mounted path. It is in the response's header X-Request-Id, and is httpd's log id (%L) in
 * both logs. A proxy in front of httpd may set it with the same header in the request. */

/* The child_init hook. Call it before the child's threads start. */
void mt_requestid_child_init(void);

/* Sets the request's id and the response's header. An internal redirect (ErrorDocument) or subrequest gets the id of
 * the original request. */
void mt_requestid_assign(request_rec *r);

/* The generate_log_id hook. With it, messages that httpd logs before it finds the mount have the same id, if the client
 * sent one. Returns OK and sets *id, or DECLINED. */
int mt_requestid_generate(const conn_rec *c, const request_rec *r, const char **id);

#endif
