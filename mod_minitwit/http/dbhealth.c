/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/dbhealth.h"

#include "core/timestamp.h"
#include "http/children.h"
#include "http/dbd.h"
#include "http/log.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stdatomic.h>

APLOG_USE_MODULE(minitwit);

#define FRESH        apr_time_from_sec(1)    /* a finding counts this long */
#define FRESH_TRIAL  apr_time_from_sec(3)    /* the same for a finding whose check has written */
#define TRIAL_PAUSE  apr_time_from_sec(3600) /* between two trials if nothing else makes one due */
#define ANSWER_VALID apr_time_from_sec(3)    /* after an answer to a request, the database counts as alive this long */
#define ANSWER_STEP  apr_time_from_msec(100)
#define POLL         apr_time_from_msec(10)
#define PUBLISHING   apr_time_from_sec(10) /* far longer than a thread needs to publish a finding */

/* A check opens a connection and sends three times, each with the time limit of a statement. */
#define STEPS 4

typedef struct finding_t {
    apr_int64_t at; /* when the check began; 0: there was none. All times are those of mt_timestamp_monotonic() */
    mt_readiness_state_t state;
    int with_trial; /* 1: the check has written, or tried to */
    char problem[512], advice[384];
} finding_t;

/* Only the thread with the claim publishes. A check can last longer than its claim, for example because its process was
 * stopped. Then another thread may have the claim, and the finding is discarded. The thread writes to the slot that
 * nobody reads, and then increases the generation, so it can be killed at any moment. */
struct mt_dbhealth_t {
    _Atomic apr_int64_t claimed_until; /* a thread checks the database until then; 0: none does */
    _Atomic apr_int64_t answered_at;
    _Atomic apr_int64_t failed_at;  /* findings of earlier checks no longer count */
    _Atomic apr_int64_t refused_at; /* 0: no request was refused since the last trial that succeeded */
    _Atomic apr_int64_t tried_at;   /* when the last trial succeeded; 0: none has */
    _Atomic apr_uint32_t generation;
    finding_t slots[2]; /* the finding is in slots[generation % 2] */
};

static int count_databases(server_rec *first, const server_rec *end)
{
    int count = 0;

    for (server_rec *server = first; server != end; server = server->next)
        count++;
    return count;
}

apr_status_t mt_dbhealth_post_config(apr_pool_t *pconf, server_rec *first)
{
    apr_size_t size = (apr_size_t)count_databases(first, NULL) * sizeof(mt_dbhealth_t);
    apr_shm_t *segment;
    apr_status_t rv = apr_shm_create(&segment, size, NULL, pconf);

    if (rv != APR_SUCCESS)
        return rv;
    mt_dbhealth_t *next = apr_shm_baseaddr_get(segment);
    memset((void *)next, 0, size);
    for (server_rec *server = first; server; server = server->next) {
        mt_dbhealth_t *health = NULL;
        for (server_rec *earlier = first; earlier != server && !health; earlier = earlier->next) {
            if (mt_dbd_is_same(mt_config_get(earlier), mt_config_get(server)))
                health = mt_config_get(earlier)->health;
        }
        mt_config_set_dbhealth(server, health ? health : next++);
    }
    return APR_SUCCESS;
}

void mt_dbhealth_note_answer(mt_dbhealth_t *health)
{
    apr_int64_t now = mt_timestamp_monotonic();

    /* Do not store each time, because all processes would write to the same cache line. */
    if (now - atomic_load(&health->answered_at) > ANSWER_STEP)
        atomic_store(&health->answered_at, now);
}

void mt_dbhealth_note_failure(mt_dbhealth_t *health, int is_refused)
{
    apr_int64_t now = mt_timestamp_monotonic();

    atomic_store(&health->failed_at, now);
    if (is_refused)
        atomic_store(&health->refused_at, now);
}

static void load(mt_dbhealth_t *health, finding_t *finding)
{
    apr_uint32_t generation;

    do {
        generation = atomic_load(&health->generation);
        *finding = health->slots[generation % 2];
        atomic_thread_fence(memory_order_acquire);
    } while (atomic_load(&health->generation) != generation);
}

/* Returns the claim, which no later claim equals, or 0 if another thread has one. */
static apr_int64_t claim(mt_dbhealth_t *health, apr_int64_t now, apr_interval_time_t longest)
{
    apr_int64_t before = atomic_load(&health->claimed_until), until = now + longest;

    return before < now && atomic_compare_exchange_strong(&health->claimed_until, &before, until) ? until : 0;
}

/* Publishes the finding and gives the claim back. Returns 0 if another thread has the claim by now. */
static int publish(mt_dbhealth_t *health, apr_int64_t claimed, const finding_t *finding)
{
    apr_int64_t now = mt_timestamp_monotonic(), extended = (claimed > now ? claimed : now) + PUBLISHING;

    if (!atomic_compare_exchange_strong(&health->claimed_until, &claimed, extended))
        return 0;
    apr_uint32_t generation = atomic_load(&health->generation) + 1;
    health->slots[generation % 2] = *finding;
    atomic_store(&health->generation, generation);
    atomic_compare_exchange_strong(&health->claimed_until, &extended, 0);
    return 1;
}

static int is_alive(mt_dbhealth_t *health, mt_readiness_state_t state)
{
    if (state == MT_READINESS_LOADED || (state == MT_READINESS_FULL && mt_children_sum(MT_CHILDREN_CONNECTIONS) > 0))
        return 1;
    return mt_timestamp_monotonic() - atomic_load(&health->answered_at) < ANSWER_VALID;
}

/* Decides for a check that did not finish because of the load. */
static void settle(mt_dbhealth_t *health, const finding_t *last, finding_t *finding)
{
    if (finding->state == MT_READINESS_READY || finding->state == MT_READINESS_DOWN ||
        finding->state == MT_READINESS_WRONG)
        return;
    if (!is_alive(health, finding->state))
        finding->state = MT_READINESS_DOWN;
    else if (last->at && last->state == MT_READINESS_WRONG) {
        apr_int64_t at = finding->at;
        *finding = *last;
        finding->at = at;
    }
    else {
        finding->state = MT_READINESS_READY;
        finding->problem[0] = finding->advice[0] = '\0';
    }
}

const char *mt_dbhealth_log_kind(apr_pool_t *pool, const char *prefix, const char *problem)
{
    static const char code[] = " (SQLSTATE 00000";
    const char *start = strstr(problem, " (SQLSTATE ");
    apr_size_t len = start ? (apr_size_t)(start - problem) + strlen(code) : strlen(problem);

    return apr_psprintf(pool, "%.*s", MT_LOG_KIND_SIZE - 1,
                        apr_pstrcat(pool, prefix, ": ", apr_pstrndup(pool, problem, len), start ? ")" : NULL, NULL));
}

static void log_change(request_rec *r, const finding_t *last, const finding_t *finding)
{
    if (finding->state == MT_READINESS_READY && last->at && last->state != MT_READINESS_READY)
        mt_log_request(APLOG_MARK, APLOG_NOTICE, 0, r, "the site is ready again", "the site is ready again");
    else if (finding->state != MT_READINESS_READY &&
             (!last->at || last->state != finding->state || strcmp(last->problem, finding->problem) != 0))
        mt_log_request(APLOG_MARK, APLOG_ERR, 0, r,
                       mt_dbhealth_log_kind(r->pool, "the site is not ready", finding->problem),
                       "the site is not ready: %s. %s", finding->problem, finding->advice);
}

/* Cuts a text that is too long, but not within a character of several bytes. */
static void copy_text(char *to, const char *from, apr_size_t size)
{
    char *end = apr_cpystrn(to, from ? from : "", size);

    if (!from || strlen(from) < size)
        return;
    while (end > to && (end[-1] & 0x80))
        *--end = '\0';
}

/* A trial is due after the start of httpd, after a request was refused, and when the database is back, because
 * PostgreSQL may have been updated. Otherwise, a site to which nobody writes would look ready although it is not. */
static int needs_trial(mt_dbhealth_t *health, const finding_t *last)
{
    apr_int64_t tried_at = atomic_load(&health->tried_at);

    return !tried_at || last->state != MT_READINESS_READY || atomic_load(&health->refused_at) != 0 ||
           mt_timestamp_monotonic() - tried_at > TRIAL_PAUSE;
}

static void check(request_rec *r, const mt_config_t *config, const finding_t *last, finding_t *finding)
{
    mt_dbhealth_t *health = config->health;
    apr_int64_t refused_at = atomic_load(&health->refused_at);
    mt_readiness_t readiness;
    mt_connection_t *connection = mt_connection_wrap(r->pool, NULL, config->dbd_params, config->database_timeout);

    *finding = (finding_t){ .at = mt_timestamp_monotonic(), .with_trial = needs_trial(health, last) };
    mt_readiness_check(connection, &finding->with_trial, r->pool, &readiness);
    PQfinish(mt_connection_take(connection));
    finding->state = readiness.state;
    copy_text(finding->problem, readiness.problem, sizeof(finding->problem));
    copy_text(finding->advice, readiness.advice, sizeof(finding->advice));
    if (finding->with_trial && readiness.state == MT_READINESS_READY) {
        /* The database accepts writes, so only that request failed. */
        atomic_compare_exchange_strong(&health->refused_at, &refused_at, 0);
        atomic_store(&health->tried_at, finding->at);
    }
    settle(health, last, finding);
}

static int is_fresh(mt_dbhealth_t *health, const finding_t *finding, apr_int64_t now)
{
    int is_bad = finding->with_trial && finding->state != MT_READINESS_READY;

    if (!finding->at || now - finding->at > (is_bad ? FRESH_TRIAL : FRESH))
        return 0;
    return is_bad || finding->at > atomic_load(&health->failed_at);
}

/* Checks the database unless another thread does. Sets *finding to the newest finding. Returns 1 if it is its own. */
static int try_check(request_rec *r, const mt_config_t *config, const finding_t *last, finding_t *finding)
{
    apr_int64_t claimed = claim(config->health, mt_timestamp_monotonic(), STEPS * config->database_timeout);

    if (!claimed)
        return 0;
    check(r, config, last, finding);
    if (publish(config->health, claimed, finding))
        return 1;
    load(config->health, finding);
    return 0;
}

static mt_readiness_t describe(request_rec *r, const finding_t *finding)
{
    if (!finding->at)
        return (mt_readiness_t){ MT_READINESS_DOWN, "the database does not answer", "Check that PostgreSQL runs." };
    return (mt_readiness_t){ finding->state, apr_pstrdup(r->pool, finding->problem),
                             apr_pstrdup(r->pool, finding->advice) };
}

mt_readiness_t mt_dbhealth_find(request_rec *r, const mt_config_t *config)
{
    apr_int64_t began = mt_timestamp_monotonic(), now = began;
    finding_t last, finding;

    for (;;) {
        load(config->health, &last);
        finding = last;
        if (is_fresh(config->health, &last, now))
            break;
        if (try_check(r, config, &last, &finding)) {
            log_change(r, &last, &finding);
            break;
        }
        /* Another thread is checking. Until it has finished, the last finding counts. */
        if (last.at || now - began > STEPS * config->database_timeout)
            break;
        apr_sleep(POLL);
        now = mt_timestamp_monotonic();
    }
    return describe(r, &finding);
}
