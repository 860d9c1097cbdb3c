/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_LOG_H
#define MT_LOG_H

#include <httpd.h>

/* The messages that a request can cause. Clients can send any number of requests, and must not be able to fill the
 * error log. So the log gets one message per minute of each kind and virtual host, from all child processes together.
 * The next message states the number of messages that were left out. If there is no next message, the number has a line
 * of its own, after about 70 seconds.
 *
 * All code that serves requests logs through these functions. The guard "messages" checks this. */

/* The number of bytes of a kind that are stored, with the NUL. */
#define MT_LOG_KIND_SIZE 96

/* Logs a message about a request, unless the log had one of this kind less than a minute ago. With "LogLevel
 * minitwit:debug", the log gets every message.
 *
 * file, line and module: write APLOG_MARK for the three. level and status: as for ap_log_rerror. kind: identifies the
 * messages that count together. It must come from a fixed set and not from the client, because each kind takes memory
 * until httpd stops. It is also the text that represents these messages in the line with their number. */
void mt_log_request(const char *file, int line, int module, int level, apr_status_t status, request_rec *r,
                    const char *kind, const char *format, ...) __attribute__((format(printf, 8, 9)));

/* Logs the numbers that are due. Call this often, because it costs nearly nothing: each request does. */
void mt_log_summarize(void);

/* The post_config hook. Makes the shared memory, and logs all numbers when httpd stops. */
apr_status_t mt_log_post_config(apr_pool_t *pconf, server_rec *first);

#endif
