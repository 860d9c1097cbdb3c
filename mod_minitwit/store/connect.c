/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/connect.h"

#include "core/timestamp.h"
#include "store/hosts.h"
#include "store/link.h"
#include "store/resolve.h"

#include <apr_strings.h>
#include <poll.h>
#include <string.h>

typedef enum step_t {
    NEXT_HOST,
    LOOKUP,
    NEXT_ADDRESS,
    CONNECT
} step_t;

/* All times are in microseconds, on a clock that only runs while a thread runs the attempt. */
struct mt_connect_t {
    apr_pool_t *pool;
    const char *conninfo;
    apr_int64_t used, timeout;
    step_t step;

    mt_hosts_t hosts;
    int host;             /* the current one; -1: none yet */
    int is_second;        /* 1: the second round for prefer-standby, which accepts every server */
    int *is_primary;      /* per host: it answered, but is no standby */
    int primaries;        /* the number of such hosts */
    apr_int64_t began;    /* when the current host or address was begun */
    apr_int64_t host_end; /* when the share of the current host ends */
    mt_resolve_t *lookup; /* NULL: none */

    const char **addresses; /* those that are left, with NULL at the end */
    apr_int64_t address_end;
    PGconn *pg; /* NULL: none */
    PostgresPollingStatusType polled;

    mt_connect_failure_t of_host, failure;
};

static void drop_notice(void *baton, const char *text)
{
    (void)baton;
    (void)text;
}

mt_connect_t *mt_connect_begin(const char *conninfo, apr_interval_time_t timeout)
{
    mt_connect_t *attempt;
    apr_pool_t *pool;

    /* Several threads use the attempt, one after the other. They share no other pool. */
    apr_pool_create(&pool, NULL);
    attempt = apr_pcalloc(pool, sizeof(*attempt));
    attempt->pool = pool;
    attempt->conninfo = conninfo;
    attempt->timeout = timeout;
    attempt->host = -1;
    mt_hosts_read(pool, conninfo, &attempt->hosts);
    attempt->is_primary = apr_pcalloc(pool, (apr_size_t)attempt->hosts.count * sizeof(*attempt->is_primary));
    attempt->failure.text = "";
    return attempt;
}

static const mt_host_t *get_host(const mt_connect_t *attempt)
{
    return &attempt->hosts.items[attempt->host];
}

/* Adds the failure of an address or of a lookup to that of the host. */
static void note(mt_connect_t *attempt, const char *text, int is_late, int is_unresolved)
{
    mt_connect_failure_t one = { .is_late = is_late, .is_unresolved = is_unresolved };

    mt_connect_failure_parse(attempt->pool, text, &one);
    mt_connect_failure_add(attempt->pool, &attempt->of_host, &one, 1);
}

static void note_late(mt_connect_t *attempt, const char *what)
{
    note(attempt,
         apr_psprintf(attempt->pool, "%s within %" APR_TIME_T_FMT " ms", what,
                      apr_time_as_msec(attempt->used - attempt->began)),
         1, attempt->step == LOOKUP);
}

static void finish_host(mt_connect_t *attempt)
{
    const mt_host_t *host = get_host(attempt);
    const char *label = host->address ? host->address : host->name;

    if (attempt->of_host.text) {
        if (label && attempt->hosts.count > 1)
            attempt->of_host.text = apr_psprintf(attempt->pool, "\"%s\": %s", label, attempt->of_host.text);
        mt_connect_failure_add(attempt->pool, &attempt->failure, &attempt->of_host, 0);
    }
    attempt->of_host = (mt_connect_failure_t){ .text = NULL };
}

/* Returns the number of hosts that still get a share: the current one, and the later ones. */
static int count_shares(const mt_connect_t *attempt)
{
    int count = 1;

    for (int i = attempt->host + 1; i < attempt->hosts.count; i++)
        count += !attempt->is_second || attempt->is_primary[i];
    return attempt->hosts.prefers_standby && !attempt->is_second ? count + 1 : count;
}

/* Chooses the next host, and begins to look up its name. Returns 0 if there is none. */
static int begin_host(mt_connect_t *attempt)
{
    do {
        if (++attempt->host < attempt->hosts.count)
            continue;
        if (attempt->is_second || attempt->primaries == 0)
            return 0;
        attempt->is_second = 1;
        attempt->host = 0;
    } while (attempt->is_second && !attempt->is_primary[attempt->host]);

    const mt_host_t *host = get_host(attempt);
    attempt->began = attempt->used;
    attempt->host_end = attempt->used + (attempt->timeout - attempt->used) / count_shares(attempt);
    attempt->addresses = apr_pcalloc(attempt->pool, 2 * sizeof(*attempt->addresses));
    attempt->addresses[0] = host->address ? host->address : "";
    attempt->step = NEXT_ADDRESS;
    if (host->address || !mt_resolve_is_name(host->name))
        return 1;
    attempt->lookup = mt_resolve_begin(host->name);
    attempt->step = attempt->lookup ? LOOKUP : NEXT_HOST;
    if (!attempt->lookup)
        note(attempt,
             apr_psprintf(attempt->pool,
                          "could not resolve the name \"%s\": earlier lookups of names still wait for an answer, or "
                          "no thread or no memory is left",
                          host->name),
             0, 1);
    return 1;
}

/* Takes the addresses of the current host. */
static void finish_lookup(mt_connect_t *attempt)
{
    const char *name = get_host(attempt)->name, **at;
    const char *problem = mt_resolve_take(attempt->lookup, attempt->pool, &attempt->addresses);
    int count = 0;

    mt_resolve_end(attempt->lookup);
    attempt->lookup = NULL;
    attempt->step = problem ? NEXT_HOST : NEXT_ADDRESS;
    if (problem) {
        note(attempt, apr_psprintf(attempt->pool, "could not resolve the name \"%s\": %s", name, problem), 0, 1);
        return;
    }
    for (at = attempt->addresses; *at; at++)
        count++;
    if (attempt->hosts.is_random)
        mt_hosts_shuffle(attempt->addresses, count, sizeof(*attempt->addresses));
}

/* The options after dbname replace those in conninfo. libpq ignores those that are NULL or empty. */
static void begin_address(mt_connect_t *attempt, const char *address)
{
    static const char *const keywords[] = { "dbname", "host", "hostaddr", "port", "target_session_attrs", NULL };
    const mt_host_t *host = get_host(attempt);
    const char *wanted = attempt->is_second ? "any" : "standby";
    const char *const values[] = {
        attempt->conninfo, host->name, address, host->port, attempt->hosts.prefers_standby ? wanted : NULL, NULL
    };

    attempt->pg = PQconnectStartParams(keywords, values, 1);
    attempt->polled = PGRES_POLLING_FAILED;
    if (!attempt->pg)
        return;
    PQsetNoticeProcessor(attempt->pg, drop_notice, NULL);
    PQsetErrorVerbosity(attempt->pg, PQERRORS_VERBOSE);
    if (PQstatus(attempt->pg) != CONNECTION_BAD)
        attempt->polled = PGRES_POLLING_WRITING;
}

static void next_address(mt_connect_t *attempt)
{
    const char *address = *attempt->addresses;
    int left = 0;

    attempt->step = address ? CONNECT : NEXT_HOST;
    if (!address)
        return;
    while (attempt->addresses[left])
        left++;
    attempt->addresses++;
    attempt->began = attempt->used;
    attempt->address_end = attempt->used + (attempt->host_end - attempt->used) / left;
    begin_address(attempt, address);
}

/* An address has failed or given no answer. */
static void finish_address(mt_connect_t *attempt)
{
    const char *text = attempt->pg ? PQerrorMessage(attempt->pg) : "out of memory";

    attempt->step = NEXT_ADDRESS;
    if (attempt->polled != PGRES_POLLING_FAILED)
        note_late(attempt, "no answer from the database");
    else if (attempt->hosts.prefers_standby && !attempt->is_second &&
             strstr(text, "server is not in hot standby mode")) {
        attempt->primaries += !attempt->is_primary[attempt->host];
        attempt->is_primary[attempt->host] = 1;
    }
    else
        note(attempt, text, 0, 0);
    PQfinish(attempt->pg);
    attempt->pg = NULL;
}

/* Waits until the connection is made, has failed, or a time has passed. Returns 0 in the last case. */
static int poll_until(mt_connect_t *attempt, apr_int64_t deadline)
{
    const mt_link_t link = { .pg = attempt->pg, .deadline = deadline };

    while (attempt->polled != PGRES_POLLING_OK && attempt->polled != PGRES_POLLING_FAILED) {
        if (!mt_link_wait(&link, attempt->polled == PGRES_POLLING_READING ? POLLIN : POLLOUT))
            return 0;
        attempt->polled = PQconnectPoll(attempt->pg);
    }
    return 1;
}

/* Does the current step. until: the time at which the caller stops. zero: the time of mt_timestamp_monotonic() at which
 * used would be 0. Returns MT_CONNECT_PENDING if the attempt must go on, and sets *is_over if the caller's time has
 * passed. */
static mt_connect_state_t step(mt_connect_t *attempt, apr_int64_t until, apr_int64_t zero, int *is_over)
{
    apr_int64_t end = zero + (attempt->step == LOOKUP ? attempt->host_end : attempt->address_end);
    int is_done;

    switch (attempt->step) {
    case NEXT_HOST:
        if (attempt->host >= 0)
            finish_host(attempt);
        return begin_host(attempt) ? MT_CONNECT_PENDING : MT_CONNECT_FAILED;
    case NEXT_ADDRESS:
        next_address(attempt);
        return MT_CONNECT_PENDING;
    case LOOKUP:
        is_done = mt_resolve_wait(attempt->lookup, until < end ? until : end);
        break;
    default:
        is_done = poll_until(attempt, until < end ? until : end);
        if (attempt->polled == PGRES_POLLING_OK && PQsetnonblocking(attempt->pg, 1) == 0)
            return MT_CONNECT_DONE;
        if (attempt->polled == PGRES_POLLING_OK)
            attempt->polled = PGRES_POLLING_FAILED;
    }
    attempt->used = mt_timestamp_monotonic() - zero;
    *is_over = !is_done && until < end;
    if (*is_over)
        return MT_CONNECT_PENDING;
    if (attempt->step == CONNECT)
        finish_address(attempt);
    else if (is_done)
        finish_lookup(attempt);
    else {
        note_late(attempt, apr_psprintf(attempt->pool, "could not resolve the name \"%s\"", get_host(attempt)->name));
        mt_resolve_end(attempt->lookup);
        attempt->lookup = NULL;
        attempt->step = NEXT_HOST;
    }
    return MT_CONNECT_PENDING;
}

mt_connect_state_t mt_connect_run(mt_connect_t *attempt, apr_int64_t until)
{
    apr_int64_t zero = mt_timestamp_monotonic() - attempt->used;
    mt_connect_state_t state;
    int is_over = 0;

    do
        state = step(attempt, until, zero, &is_over);
    while (state == MT_CONNECT_PENDING && !is_over);
    return state;
}

PGconn *mt_connect_take(mt_connect_t *attempt)
{
    PGconn *pg = attempt->pg;

    PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
    attempt->pg = NULL;
    return pg;
}

const mt_connect_failure_t *mt_connect_failure(const mt_connect_t *attempt)
{
    static const mt_connect_failure_t lookup = { .text = "the lookup of a name is not complete yet",
                                                 .is_late = 1,
                                                 .is_unresolved = 1 },
                                      silence = { .text = "no answer yet", .is_late = 1 };

    if (attempt->step == LOOKUP)
        return &lookup;
    return attempt->step == CONNECT ? &silence : &attempt->failure;
}

void mt_connect_end(mt_connect_t *attempt)
{
    if (!attempt)
        return;
    mt_resolve_end(attempt->lookup);
    PQfinish(attempt->pg);
    apr_pool_destroy(attempt->pool);
}
