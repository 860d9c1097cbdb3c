/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_RESOLVE_H
#define MT_RESOLVE_H

#include <apr_pools.h>

/* The lookup of a host's name with a deadline. getaddrinfo has none: while the name servers are silent, it waits for
 * half a minute or longer. So a thread of its own runs it, and the caller stops waiting. The thread ends when
 * getaddrinfo returns, and frees the memory that it shares with the caller. */
typedef struct mt_resolve_t mt_resolve_t;

/* The number of threads of a process that may be in getaddrinfo at once. While the name servers are silent, more
 * threads would get no answer either, and each needs memory. */
#define MT_RESOLVE_RUNNING_MAX 4

/* Returns 1 if host is a name that must be looked up, and neither an address nor the path of a socket. */
int mt_resolve_is_name(const char *host);

/* Begins to look up a name. NULL: MT_RESOLVE_RUNNING_MAX lookups have not ended, or the system has no memory or no
 * thread for this one. */
mt_resolve_t *mt_resolve_begin(const char *name);

/* Waits for the result until a time of mt_timestamp_monotonic(). Returns 1 if there is a result. */
int mt_resolve_wait(mt_resolve_t *lookup, apr_int64_t deadline);

/* After mt_resolve_wait has returned 1: sets *addresses to the numeric addresses, a list in pool that ends with NULL,
 * in getaddrinfo's order. Returns NULL, or the reason why there are none. */
const char *mt_resolve_take(const mt_resolve_t *lookup, apr_pool_t *pool, const char ***addresses);

/* Ends the lookup, whether or not there is a result. NULL: does nothing. */
void mt_resolve_end(mt_resolve_t *lookup);

#endif
