/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HOSTS_H
#define MT_HOSTS_H

#include <apr_pools.h>

/* A host of a connection string: libpq's options host, hostaddr and port. */
typedef struct mt_host_t {
    const char *name, *address, *port; /* NULL: as in the connection string, or libpq's default */
} mt_host_t;

typedef struct mt_hosts_t {
    mt_host_t *items; /* in the order in which to try them */
    int count;        /* at least 1 */
    int is_random; /* 1: load_balance_hosts=random. The items are in a random order, and so should be the addresses */
    int prefers_standby; /* 1: target_session_attrs=prefer-standby */
} mt_hosts_t;

/* Reads the hosts of conninfo, of its service file and of the environment, without connecting. All is in pool. libpq
 * must get conninfo as it is if it would reject the options. The same holds if a list of addresses or ports has an
 * empty item, because a program cannot pass such an item to libpq alone. In both cases, there is one item, whose texts
 * are NULL. */
void mt_hosts_read(apr_pool_t *pool, const char *conninfo, mt_hosts_t *hosts);

/* Puts pointers into a random order. */
void mt_hosts_shuffle(void *items, int count, apr_size_t size);

#endif
