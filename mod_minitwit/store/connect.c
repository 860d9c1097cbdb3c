/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/connect.h"

#include "core/timestamp.h"
#include "store/link.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* One of the hosts. */
typedef struct target_t {
    const char *host, *address, *port; /* NULL: conninfo has no such list */
    int addresses;                     /* at least 1 */
} target_t;

static void drop_notice(void *baton, const char *text)
{
    (void)baton;
    (void)text;
}

/* Returns the number of items in a list with commas: 0 for an empty list. */
static int count_items(const char *list)
{
    int count = list && *list;

    for (; list && *list; list++)
        count += *list == ',';
    return count;
}

/* Returns an item of the list, or of a list with a single item that item. NULL: there is none, or it is empty. */
static const char *get_item(apr_pool_t *pool, const char *list, int index)
{
    if (count_items(list) <= 1)
        index = 0;
    for (; list && index > 0; index--)
        list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL;
    return list && *list && *list != ',' ? apr_pstrmemdup(pool, list, strcspn(list, ",")) : NULL;
}

static int has_empty_item(const char *list)
{
    return list && *list && (*list == ',' || list[strlen(list) - 1] == ',' || strstr(list, ",,"));
}

static const char *get_option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    }
    return NULL;
}

/* Returns the options of conninfo, its service file and the environment, except for sslmode. Only a PGconn has them
 * all. To make one without connecting, this passes an sslmode that libpq rejects after it has read the others. NULL:
 * out of memory. The caller must PQconninfoFree the result. */
static PQconninfoOption *read_options(const char *conninfo)
{
    static const char *const keywords[] = { "dbname", "sslmode", NULL };
    const char *const values[] = { conninfo, "invalid", NULL };
    PGconn *pg = PQconnectStartParams(keywords, values, 1);
    PQconninfoOption *options = PQconninfo(pg);

    PQfinish(pg);
    return options;
}

/* Returns the number of hosts to try one after the other. 1: libpq must get the whole list, because it can try the
 * hosts in another order, or twice, or because PQconnectStartParams cannot replace a list by an empty item. */
static int count_hosts(const PQconninfoOption *options)
{
    const char *attributes = get_option(options, "target_session_attrs");
    const char *balance = get_option(options, "load_balance_hosts");
    const char *addresses = get_option(options, "hostaddr"), *hosts = get_option(options, "host");

    if ((attributes && strcmp(attributes, "prefer-standby") == 0) || (balance && strcmp(balance, "random") == 0) ||
        has_empty_item(addresses) || has_empty_item(hosts) || has_empty_item(get_option(options, "port")))
        return 1;
    return count_items(addresses && *addresses ? addresses : hosts);
}

/* libpq looks the name up, too, and has no function that returns the number of addresses. */
static int count_addresses(const char *host)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    unsigned char bytes[sizeof(struct in6_addr)];
    int count = 0;

    if (!host || *host == '/' || *host == '@' || inet_pton(AF_INET, host, bytes) == 1 ||
        inet_pton(AF_INET6, host, bytes) == 1 || getaddrinfo(host, NULL, &hints, &found) != 0)
        return 1;
    for (const struct addrinfo *address = found; address; address = address->ai_next)
        count++;
    freeaddrinfo(found);
    return count > 0 ? count : 1;
}

static void make_target(apr_pool_t *pool, const PQconninfoOption *options, int index, target_t *target)
{
    target->host = get_item(pool, get_option(options, "host"), index);
    target->address = get_item(pool, get_option(options, "hostaddr"), index);
    target->port = get_item(pool, get_option(options, "port"), index);
    target->addresses = target->address ? 1 : count_addresses(target->host);
}

/* The options after dbname replace those in conninfo. libpq ignores those that are NULL. */
static PGconn *start(const char *conninfo, const target_t *target)
{
    static const char *const keywords[] = { "dbname", "host", "hostaddr", "port", NULL };
    const char *const values[] = { conninfo, target->host, target->address, target->port, NULL };

    return PQconnectStartParams(keywords, values, 1);
}

/* Waits until the connection is made, or has failed. Returns 1, or 0 at the deadline. */
static int poll_until(PGconn *pg, apr_int64_t deadline, PostgresPollingStatusType *status)
{
    const mt_link_t link = { .pg = pg, .deadline = deadline };

    while (*status != PGRES_POLLING_OK && *status != PGRES_POLLING_FAILED) {
        if (!mt_link_wait(&link, *status == PGRES_POLLING_READING ? POLLIN : POLLOUT))
            return 0;
        *status = PQconnectPoll(pg);
    }
    return 1;
}

static int count_phrase(const char *text, const char *phrase)
{
    int count = 0;

    while ((text = strstr(text, phrase)) != NULL) {
        count++;
        text += strlen(phrase);
    }
    return count;
}

/* libpq itself rejects a server because of target_session_attrs, and has no code for it. Its messages are about a
 * server to which it connected, or about a name that it could not look up. */
static int is_read_only(const char *text)
{
    int attempts = count_phrase(text, "connection to server ") + count_phrase(text, "could not ");

    return attempts > 0 &&
           attempts == count_phrase(text, "session is read-only") + count_phrase(text, "server is in hot standby mode");
}

/* Completes the attempt that PQconnectStart has begun. Returns 1 if pg is connected. Otherwise sets *failure. */
static int complete(apr_pool_t *pool, PGconn *pg, int addresses, apr_int64_t deadline, mt_connect_failure_t *failure)
{
    PostgresPollingStatusType status =
        pg && PQstatus(pg) != CONNECTION_BAD ? PGRES_POLLING_WRITING : PGRES_POLLING_FAILED;
    apr_int64_t began = mt_timestamp_monotonic();

    *failure = (mt_connect_failure_t){ .text = "out of memory" };
    for (int left = addresses; left > 0; left--) {
        apr_int64_t now = mt_timestamp_monotonic();

        if (poll_until(pg, now + (deadline - now) / left, &status))
            break;
        failure->is_late = 1;
        /* libpq finds that the socket has failed, and goes on to the next address. */
        shutdown(PQsocket(pg), SHUT_RDWR);
        if (left > 1)
            status = PQconnectPoll(pg);
    }
    if (status == PGRES_POLLING_OK && PQsetnonblocking(pg, 1) == 0)
        return 1;
    if (status != PGRES_POLLING_FAILED && status != PGRES_POLLING_OK)
        failure->text = apr_psprintf(pool, "no answer from the database within %" APR_TIME_T_FMT " ms",
                                     apr_time_as_msec(mt_timestamp_monotonic() - began));
    else if (pg)
        failure->text = apr_pstrdup(pool, PQerrorMessage(pg));
    failure->is_read_only = !failure->is_late && is_read_only(failure->text);
    return 0;
}

static PGconn *open_one(apr_pool_t *pool, PGconn *pg, int addresses, apr_int64_t deadline,
                        mt_connect_failure_t *failure)
{
    if (pg) {
        PQsetNoticeProcessor(pg, drop_notice, NULL);
        PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
    }
    if (complete(pool, pg, addresses, deadline, failure)) {
        PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
        return pg;
    }
    PQfinish(pg);
    return NULL;
}

static PGconn *open_any(apr_pool_t *pool, const char *conninfo, const PQconninfoOption *options, int count,
                        apr_int64_t deadline, mt_connect_failure_t *failure)
{
    PGconn *pg = NULL;

    *failure = (mt_connect_failure_t){ .text = "", .is_read_only = 1 };
    for (int i = 0; i < count && !pg; i++) {
        mt_connect_failure_t one;
        target_t target;

        make_target(pool, options, i, &target);
        apr_int64_t now = mt_timestamp_monotonic();
        pg = open_one(pool, start(conninfo, &target), target.addresses, now + (deadline - now) / (count - i), &one);
        failure->text = apr_psprintf(pool, "%s%s\"%s\": %s", failure->text, i > 0 ? "; " : "",
                                     target.address ? target.address : target.host, one.text);
        failure->is_late |= one.is_late;
        /* If one of the hosts is down, this may be a failover, and not a database that stays read-only. */
        failure->is_read_only &= one.is_read_only;
    }
    return pg;
}

PGconn *mt_connect_open(apr_pool_t *pool, const char *conninfo, apr_int64_t deadline, mt_connect_failure_t *failure)
{
    PQconninfoOption *options = read_options(conninfo);
    int count = options ? count_hosts(options) : 1;
    PGconn *pg;

    if (count > 1)
        pg = open_any(pool, conninfo, options, count, deadline, failure);
    else {
        const char *host = options ? get_option(options, "host") : NULL;
        const char *address = options ? get_option(options, "hostaddr") : NULL;

        pg = open_one(pool, PQconnectStart(conninfo), address && *address ? 1 : count_addresses(host), deadline,
                      failure);
    }
    PQconninfoFree(options);
    return pg;
}
