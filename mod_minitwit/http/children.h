/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CHILDREN_H
#define MT_CHILDREN_H

#include <httpd.h>
#include <mpm_common.h>

/* What each child process is doing at this moment, in memory that all of them share. Every child has a slot of its own,
 * since one that is killed cannot take back what it has added: what its slot holds goes when httpd notices the death.
 */
typedef enum mt_children_field_t {
    MT_CHILDREN_REQUESTS,    /* being worked on */
    MT_CHILDREN_CONNECTIONS, /* to the database, open */
    MT_CHILDREN_LENT,        /* those that a request has borrowed */
    MT_CHILDREN_CAPACITY,    /* how many connections its pools may open */
    MT_CHILDREN_FIELDS
} mt_children_field_t;

/* Hooks. */
apr_status_t mt_children_post_config(server_rec *server);
void mt_children_init(server_rec *server);
void mt_children_status(server_rec *server, pid_t pid, ap_generation_t generation, int number, mpm_child_status status);

/* Adds to a field of the calling child's own slot. */
void mt_children_add(mt_children_field_t field, int change);

/* The sum over all children, never negative. */
apr_int64_t mt_children_sum(mt_children_field_t field);

/* Calls visit with the process id of every child. */
void mt_children_each(void (*visit)(void *baton, pid_t pid), void *baton);

/* The process that started them; with "httpd -X" it is the only child itself. */
pid_t mt_children_parent(void);

/* When httpd was started. */
apr_time_t mt_children_since(void);

/* The largest of all that were ever given: makes a counter of a sum over processes, which may sink a little when one
 * ends. */
apr_uint64_t mt_children_raise_cpu(apr_uint64_t value);

#endif
