/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/children.h"

#include "http/shared.h"

#include <ap_mpm.h>
#include <http_log.h>
#include <stdatomic.h>
#include <unistd.h>

APLOG_USE_MODULE(minitwit);

typedef struct slot_t {
    _Atomic apr_uint32_t pid; /* 0: free */
    _Atomic apr_uint32_t fields[MT_CHILDREN_FIELDS];
} slot_t;

typedef struct board_t {
    apr_time_t since;
    _Atomic apr_uint64_t cpu;
    slot_t slots[]; /* slot_count of them */
} board_t;

/* Set in post_config, before child processes are made. */
static board_t *board;
static int slot_count;
static pid_t parent;

/* The slot of this child. If no slot was free, it is a private one that the sums do not include. */
static slot_t unseen;
static slot_t *own = &unseen;

static void release(slot_t *slot)
{
    for (int field = 0; field < MT_CHILDREN_FIELDS; field++)
        atomic_store(&slot->fields[field], 0);
    atomic_store(&slot->pid, 0);
}

/* Releases the slots of children that ended while no handler was mounted: the module gets no notice of these. Living
 * children are in the parent's process group. */
static void sweep(void)
{
    for (int i = 0; i < slot_count; i++) {
        apr_uint32_t pid = atomic_load(&board->slots[i].pid);
        if (pid && getpgid((pid_t)pid) != getpgrp())
            release(&board->slots[i]);
    }
}

apr_status_t mt_children_post_config(server_rec *server)
{
    int limit = 0, is_new;
    void *memory;

    ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &limit);
    /* During a graceful restart, children of two generations exist at the same time. */
    slot_count = 2 * (limit > 0 ? limit : 1);
    apr_status_t rv =
        mt_shared_make(server, "mod_minitwit children", "",
                       sizeof(*board) + (apr_size_t)slot_count * sizeof(board->slots[0]), &memory, &is_new);
    if (rv != APR_SUCCESS)
        return rv;
    board = memory;
    parent = getpid();
    if (is_new)
        board->since = apr_time_now();
    sweep();
    return APR_SUCCESS;
}

void mt_children_init(server_rec *server)
{
    apr_uint32_t pid = (apr_uint32_t)getpid();

    for (int i = 0; i < slot_count; i++) {
        slot_t *slot = &board->slots[i];
        apr_uint32_t nobody = 0;
        if (atomic_compare_exchange_strong(&slot->pid, &nobody, pid)) {
            own = slot;
            return;
        }
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                 "there are more than twice as many child processes as ServerLimit, so the metrics of requests and "
                 "connections in use do not include this one: wait until the children of previous reloads have ended");
}

void mt_children_status(server_rec *server, pid_t pid, ap_generation_t generation, int number, mpm_child_status status)
{
    (void)server;
    (void)generation;
    (void)number;
    if (!board || status != MPM_CHILD_EXITED)
        return;
    for (int i = 0; i < slot_count; i++) {
        if (atomic_load(&board->slots[i].pid) == (apr_uint32_t)pid)
            release(&board->slots[i]);
    }
}

void mt_children_add(mt_children_field_t field, int change)
{
    atomic_fetch_add(&own->fields[field], (apr_uint32_t)change);
}

apr_int64_t mt_children_sum(mt_children_field_t field)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < slot_count; i++)
        sum += (apr_int32_t)atomic_load(&board->slots[i].fields[field]);
    return sum < 0 ? 0 : sum;
}

void mt_children_each(void (*visit)(void *baton, pid_t pid), void *baton)
{
    for (int i = 0; i < slot_count; i++) {
        apr_uint32_t pid = atomic_load(&board->slots[i].pid);
        if (pid)
            visit(baton, (pid_t)pid);
    }
}

pid_t mt_children_parent(void)
{
    return parent;
}

apr_time_t mt_children_since(void)
{
    return board->since;
}

apr_uint64_t mt_children_raise_cpu(apr_uint64_t value)
{
    apr_uint64_t highest = atomic_load(&board->cpu);

    /* A failed exchange loads the current value into highest. */
    while (value > highest) {
        if (atomic_compare_exchange_weak(&board->cpu, &highest, value))
            return value;
    }
    return highest;
}
