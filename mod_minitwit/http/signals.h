/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_SIGNALS_H
#define MT_SIGNALS_H

#include <httpd.h>

/* Under prefork, httpd's handler of SIGTERM and SIGHUP destroys all pools of the child and ends it. It does so wherever
 * the signal arrives, for example within malloc(). The heap is inconsistent there, so that free() aborts or waits for a
 * lock for ever. Therefore these signals wait while the module's handler runs:
 *
 *     hold --- handler --- release, wait, hold --- handler --- release
 *
 * The handler lets them through while it waits for the client or for its turn to hash a password, which can take long.
 * Before the last release it must free the memory of malloc() that belongs to a pool. Under other MPMs these functions
 * do nothing, because httpd blocks these signals in the threads that serve requests. */

/* Call it in each child before its first request. */
void mt_signals_child_init(void);

/* Holds the signals. The calls do not nest. */
void mt_signals_hold(void);

/* Lets the signals through. It does not return if one has arrived. The request must not use a database connection
 * then, so that the fate of its write is known. */
void mt_signals_release(void);

/* Registers the filters that let the signals through while the handler waits for the client. Call it once, before
 * httpd reads its configuration. */
void mt_signals_register(void);

/* The hook pre_connection. Adds these filters under prefork. */
int mt_signals_pre_connection(conn_rec *connection, void *socket);

#endif
