/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CHILDREN_H
#define MT_CHILDREN_H

#include <httpd.h>
#include <mpm_common.h>

/* The current load of each child process, in memory that all processes share.
 *
 * Each child adds to its own slot. A child that is killed cannot subtract the numbers that it added, so its slot
 * is cleared when httpd notices its death. */
typedef enum mt_children_field_t {
    MT_CHILDREN_REQUESTS,    /* in progress */
    MT_CHILDREN_CONNECTIONS, /* open connections to the database */
    MT_CHILDREN_LENT,        /* connections that a request has borrowed */
    MT_CHILDREN_CAPACITY,    /* connections that the child's pools may open */
    MT_CHILDREN_FIELDS
} mt_children_field_t;

/* Hooks: post_config, child_init and child_status. */
apr_status_t mt_children_post_config(server_rec *server);
void mt_children_init(server_rec *server);
void mt_children_status(server_rec *server, pid_t pid, ap_generation_t generation, int number, mpm_child_status status);

/* Adds to a field of the calling child's own slot. */
void mt_children_add(mt_children_field_t field, int change);

/* The sum over all children, never negative. */
apr_int64_t mt_children_sum(mt_children_field_t field);

/* Calls visit with the process id of each child that has a slot. */
void mt_children_each(void (*visit)(void *baton, pid_t pid), void *baton);

/* The process that started the children. With "httpd -X" it is also the only child. */
pid_t mt_children_parent(void);

/* The time when httpd was started. A reload changes it only if it replaces the shared memory: see http/shared.h. */
apr_time_t mt_children_since(void);

/* Returns the largest value of all calls in all processes. The sum of the processes' CPU time may decrease a little
 * when a process ends; this makes a counter of it. */
apr_uint64_t mt_children_raise_cpu(apr_uint64_t value);

#endif
