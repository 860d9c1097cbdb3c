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

/* More options than libpq has, with the end of the list. */
#define OPTIONS_MAX 128

/* The options of a connection, with one host. */
typedef struct target_t {
    const char *keywords[OPTIONS_MAX];
    const char *values[OPTIONS_MAX];
    const char *name; /* the host or address, for messages */
    int addresses;    /* at least 1 */
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

static const char *get_option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    }
    return NULL;
}

/* Returns the number of hosts to try one after the other. libpq alone can try the hosts in another order, or twice. */
static int count_hosts(const PQconninfoOption *options)
{
    const char *attributes = get_option(options, "target_session_attrs");
    const char *balance = get_option(options, "load_balance_hosts");
    const char *addresses = get_option(options, "hostaddr");

    if ((attributes && strcmp(attributes, "prefer-standby") == 0) || (balance && strcmp(balance, "random") == 0))
        return 1;
    return count_items(addresses && *addresses ? addresses : get_option(options, "host"));
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

/* Makes the options for one of the hosts. */
static void make_target(apr_pool_t *pool, const PQconninfoOption *options, int index, target_t *target)
{
    const char *address = get_item(pool, get_option(options, "hostaddr"), index);
    const char *host = get_item(pool, get_option(options, "host"), index);
    int count = 0;

    for (const PQconninfoOption *option = options; option->keyword && count < OPTIONS_MAX - 1; option++) {
        int is_list = strcmp(option->keyword, "host") == 0 || strcmp(option->keyword, "hostaddr") == 0 ||
                      strcmp(option->keyword, "port") == 0;
        const char *value = is_list ? get_item(pool, option->val, index) : option->val;

        /* The options already contain those of the service, among them its list of hosts. */
        if (!value || strcmp(option->keyword, "service") == 0)
            continue;
        target->keywords[count] = option->keyword;
        target->values[count++] = value;
    }
    target->keywords[count] = NULL;
    target->values[count] = NULL;
    target->name = address ? address : host;
    target->addresses = address ? 1 : count_addresses(host);
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

/* Completes the attempt that PQconnectStart has begun. Returns 1 if pg is connected. Otherwise sets *reason. */
static int complete(apr_pool_t *pool, PGconn *pg, int addresses, apr_int64_t deadline, const char **reason)
{
    PostgresPollingStatusType status =
        pg && PQstatus(pg) != CONNECTION_BAD ? PGRES_POLLING_WRITING : PGRES_POLLING_FAILED;
    apr_int64_t began = mt_timestamp_monotonic();

    for (int left = addresses; left > 0; left--) {
        apr_int64_t now = mt_timestamp_monotonic();

        if (poll_until(pg, now + (deadline - now) / left, &status))
            break;
        /* libpq finds that the socket has failed, and goes on to the next address. */
        shutdown(PQsocket(pg), SHUT_RDWR);
        if (left > 1)
            status = PQconnectPoll(pg);
    }
    if (status == PGRES_POLLING_OK && PQsetnonblocking(pg, 1) == 0)
        return 1;
    if (status == PGRES_POLLING_FAILED || status == PGRES_POLLING_OK)
        *reason = apr_pstrdup(pool, pg ? PQerrorMessage(pg) : "out of memory");
    else
        *reason = apr_psprintf(pool, "no answer from the database within %" APR_TIME_T_FMT " ms",
                               apr_time_as_msec(mt_timestamp_monotonic() - began));
    return 0;
}

static PGconn *open_one(apr_pool_t *pool, PGconn *pg, int addresses, apr_int64_t deadline, const char **reason)
{
    if (pg) {
        PQsetNoticeProcessor(pg, drop_notice, NULL);
        PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
    }
    if (complete(pool, pg, addresses, deadline, reason)) {
        PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
        return pg;
    }
    PQfinish(pg);
    return NULL;
}

static PGconn *open_any(apr_pool_t *pool, const PQconninfoOption *options, int count, apr_int64_t deadline,
                        const char **reason)
{
    const char *reasons = NULL;
    PGconn *pg = NULL;

    for (int i = 0; i < count && !pg; i++) {
        target_t target;

        make_target(pool, options, i, &target);
        apr_int64_t now = mt_timestamp_monotonic();
        pg = open_one(pool, PQconnectStartParams(target.keywords, target.values, 0), target.addresses,
                      now + (deadline - now) / (count - i), reason);
        if (!pg)
            reasons = apr_psprintf(pool, "%s%s\"%s\": %s", reasons ? reasons : "", reasons ? "; " : "",
                                   target.name ? target.name : "", *reason);
    }
    *reason = reasons;
    return pg;
}

PGconn *mt_connect_open(apr_pool_t *pool, const char *conninfo, apr_int64_t deadline, const char **reason)
{
    /* This is also the way to get the options of a service file and of the environment. */
    PGconn *pg = PQconnectStart(conninfo);
    PQconninfoOption *options = pg ? PQconninfo(pg) : NULL;
    int count = options ? count_hosts(options) : 1;

    if (count <= 1) {
        const char *host = options ? get_option(options, "host") : NULL;
        const char *address = options ? get_option(options, "hostaddr") : NULL;

        pg = open_one(pool, pg, address && *address ? 1 : count_addresses(host), deadline, reason);
    }
    else {
        PQfinish(pg);
        pg = open_any(pool, options, count, deadline, reason);
    }
    PQconninfoFree(options);
    return pg;
}
