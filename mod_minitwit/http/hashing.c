/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/hashing.h"

#include "core/timestamp.h"
#include "http/counters.h"
#include "http/hashspeed.h"
#include "http/log.h"
#include "http/signals.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>
#include <unixd.h>

APLOG_USE_MODULE(minitwit);

/* Four System V semaphores. Only this kind works across processes, has a wait with a timeout (semtimedop), and lets the
 * kernel return the permits of a process that dies (SEM_UNDO).
 *
 * A request first takes a place, without waiting. If there is none, the queue is full. Then it waits for a permit, and
 * hashes while it holds both. A foreign hash may take seconds, so a request that verifies one also needs one of the
 * places and one of the permits for that. There are fewer of these, so that other requests always find a place and a
 * permit. A request takes both places, and later both permits, in one operation. */
enum {
    PLACES, /* MinitwitHashLimit plus the length of the queue */
    PERMITS,
    FOREIGN_PERMITS,
    FOREIGN_PLACES,
    SEMAPHORES
};

#define KINDS 2 /* of places and of permits */

/* The semaphores that a request takes for a hash. */
typedef struct hash_kind_t {
    unsigned short places[KINDS];
    unsigned short permits[KINDS];
    int count; /* in use, of both arrays */
} hash_kind_t;

static const hash_kind_t own = { { PLACES }, { PERMITS }, 1 },
                         foreign = { { PLACES, FOREIGN_PLACES }, { PERMITS, FOREIGN_PERMITS }, 2 };

/* Foreign hashes may have one of this many places. */
#define FOREIGN_SHARE 4

#define SETS_MAX 16

/* The duration of a hash if its speed could not be measured. */
#define SLOW apr_time_from_msec(100)

/* The speed of a hash, in percent of the measured speed, while all cores hash passwords and serve requests
 * (docs/performance-notes.md). */
#define USABLE 75

/* The kernel's limit for a semaphore is 32,767. */
#define QUEUE_MAX 16384

/* Retained over reloads, because children of two generations may hold permits at the same time. */
typedef struct limits_t {
    int ids[SETS_MAX]; /* the last set is in use; earlier ones belong to old generations */
    int count;
    pid_t owner;
    uid_t user; /* owner of the sets */
    apr_int64_t permits;
    apr_int64_t places;
} limits_t;

static limits_t *limits;

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/* Removes the sets when httpd stops. A reload keeps them, because old children still use them. A child that exits also
 * runs this cleanup, for its copy of the pool, but must not remove the sets. */
static apr_status_t remove_sets(void *data)
{
    const limits_t *current = data;
    if (current->owner == getpid() && ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) {
        for (int i = 0; i < current->count; i++)
            semctl(current->ids[i], 0, IPC_RMID);
    }
    return APR_SUCCESS;
}

static int current_set(void)
{
    return limits->ids[limits->count - 1];
}

/* Another program may have removed the set: ipcrm, or systemd when the account that owns the set logs out. */
static int has_set(void)
{
    struct semid_ds found = { .sem_nsems = 0 };
    union semun argument = { .buf = &found };

    /* A set of an earlier version has fewer semaphores. */
    return limits->count > 0 && semctl(current_set(), 0, IPC_STAT, argument) == 0 && found.sem_nsems == SEMAPHORES;
}

static apr_status_t make_set(limits_t *made)
{
    unsigned short values[SEMAPHORES] = { 0 };
    union semun argument = { .array = values };
    struct semid_ds owner;
    union semun ownership = { .buf = &owner };

    /* After so many reloads no child uses the first set any longer. */
    if (made->count == SETS_MAX) {
        semctl(made->ids[0], 0, IPC_RMID);
        memmove(made->ids, made->ids + 1, sizeof(made->ids) - sizeof(made->ids[0]));
        made->count--;
    }
    int id = semget(IPC_PRIVATE, SEMAPHORES, IPC_CREAT | 0600);
    if (id < 0)
        return errno;
    made->ids[made->count++] = id;
    values[PLACES] = (unsigned short)made->places;
    values[PERMITS] = (unsigned short)made->permits;
    values[FOREIGN_PERMITS] = (unsigned short)(made->permits > 1 ? made->permits - 1 : 1);
    /* Without a queue, too, each of these permits needs a place. */
    values[FOREIGN_PLACES] = (unsigned short)(made->places / FOREIGN_SHARE);
    if (values[FOREIGN_PLACES] < values[FOREIGN_PERMITS])
        values[FOREIGN_PLACES] = values[FOREIGN_PERMITS];
    if (semctl(id, 0, SETALL, argument) < 0 || semctl(id, 0, IPC_STAT, ownership) < 0)
        return errno;
    if (geteuid() == 0) {
        owner.sem_perm.uid = ap_unixd_config.user_id;
        owner.sem_perm.gid = ap_unixd_config.group_id;
        if (semctl(id, 0, IPC_SET, ownership) < 0)
            return errno;
    }
    return APR_SUCCESS;
}

/* Returns the duration of a hash of the host with the most expensive ones. */
static apr_interval_time_t get_duration(const server_rec *first)
{
    double work = 0, speed = mt_hashspeed_get()->per_second[MT_PASSWORD_ARGON2];

    for (const server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        /* In kibibytes, as the speed. */
        double needed = (double)config->password_cost.memory / 1024 * config->password_cost.passes;
        work = needed > work ? needed : work;
    }
    return speed > 0 ? (apr_interval_time_t)(work / speed * APR_USEC_PER_SEC) + 1 : SLOW;
}

static apr_int64_t count_workers(void)
{
    int processes = 1, threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    return (apr_int64_t)(processes > 0 ? processes : 1) * (threads > 0 ? threads : 1);
}

/* Returns the default of MinitwitHashQueue. It is better to refuse a request than to let it wait in vain. */
static apr_int64_t get_queue(const server_rec *first)
{
    const mt_config_t *config = mt_config_get(first);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    apr_int64_t at_once = cores > 0 && cores < config->hash_max ? cores : config->hash_max;
    apr_interval_time_t duration = get_duration(first);
    apr_int64_t queue = config->hash_wait / duration * at_once * USABLE / 100;
    apr_int64_t most = count_workers() / 2;

    queue = queue < most ? queue : most;
    queue = queue > 0 ? queue : 1;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, first,
                 "a password hash takes %" APR_TIME_T_FMT " us, so %" APR_INT64_T_FMT
                 " requests may wait for one (MinitwitHashQueue)",
                 duration, queue);
    return queue;
}

apr_status_t mt_hashing_post_config(apr_pool_t *pconf, const server_rec *server)
{
    static const char key[] = "mod_minitwit hashing";
    const mt_config_t *config = mt_config_get(server);
    apr_int64_t queue = config->hash_queue >= 0 ? config->hash_queue : get_queue(server);
    apr_int64_t places = config->hash_max + (queue < QUEUE_MAX ? queue : QUEUE_MAX);

    limits = ap_retained_data_get(key);
    if (!limits)
        limits = ap_retained_data_create(key, sizeof(*limits));
    limits->owner = getpid();
    /* The pool of the process cannot run this cleanup: httpd has unloaded the module's code by then. */
    apr_pool_cleanup_register(pconf, limits, remove_sets, apr_pool_cleanup_null);
    if (limits->permits == config->hash_max && limits->places == places && limits->user == ap_unixd_config.user_id &&
        has_set())
        return APR_SUCCESS;
    limits->user = ap_unixd_config.user_id;
    limits->permits = config->hash_max;
    limits->places = places;
    return make_set(limits);
}

/* Decrements the semaphores, all or none. timeout: 0 does not wait. Returns 0 or errno, which is EAGAIN after the
 * timeout. */
static int take(const unsigned short *semaphores, int count, apr_interval_time_t timeout)
{
    struct sembuf operations[KINDS];
    apr_interval_time_t left = timeout;
    apr_time_t start = mt_timestamp_monotonic();

    for (int i = 0; i < count; i++)
        operations[i] = (struct sembuf){ .sem_num = semaphores[i],
                                         .sem_op = -1,
                                         .sem_flg = (short)(timeout == 0 ? SEM_UNDO | IPC_NOWAIT : SEM_UNDO) };
    for (;;) {
        struct timespec wait = { .tv_sec = apr_time_sec(left), .tv_nsec = apr_time_usec(left) * 1000 };
        mt_signals_release();
        int error = semtimedop(current_set(), operations, (size_t)count, &wait) == 0 ? 0 : errno;
        mt_signals_hold();
        if (error != EINTR)
            return error;
        apr_interval_time_t gone = mt_timestamp_monotonic() - start;
        left = gone >= 0 && gone < timeout ? timeout - gone : 0;
    }
}

static void give(const unsigned short *semaphores, int count)
{
    struct sembuf operations[KINDS];

    for (int i = 0; i < count; i++)
        operations[i] =
            (struct sembuf){ .sem_num = semaphores[i], .sem_op = 1, .sem_flg = (short)(SEM_UNDO | IPC_NOWAIT) };
    while (semop(current_set(), operations, (size_t)count) < 0 && errno == EINTR)
        continue;
}

/* Fails a request that got no permit. */
static int fail_busy(mt_request_t *request, int error, int is_foreign_busy)
{
    mt_counters_increment(MT_METRIC_THROTTLED, MT_THROTTLE_HASHING);
    if (error != EAGAIN)
        mt_log_request(
            APLOG_MARK, APLOG_ERR, error, request->r, "could not use the semaphore",
            "could not use the semaphore that limits password hashing: reload httpd to create a new one, and "
            "make sure that no program removes it (see \"ipcs -s\")");
    else if (is_foreign_busy)
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "too many foreign hashes to verify at once",
                       "too many hashes of other programs to verify at once (MinitwitHashLimit %" APR_INT64_T_FMT
                       "), so a login gets 503, and counts as a wrong password if it has waited: if this continues, "
                       "find the clients in the access log, or raise MinitwitHashLimit",
                       limits->permits);
    else
        mt_log_request(APLOG_MARK, APLOG_WARNING, 0, request->r, "too many passwords to hash at once",
                       "too many passwords to hash at once (MinitwitHashLimit %" APR_INT64_T_FMT
                       "), so a login or registration gets 503: if this continues, find the clients in the access log, "
                       "or raise MinitwitHashLimit",
                       limits->permits);
    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                           "Too many people are signing in at the moment. Please try again in a few seconds.");
}

/* *is_counted: 1 if the request had one of the places for foreign hashes, but got no permit in time. */
static int enter(mt_request_t *request, const hash_kind_t *kind, int *is_counted)
{
    apr_interval_time_t wait = mt_config_get(request->r->server)->hash_wait;
    int error = take(kind->places, kind->count, 0);

    *is_counted = 0;
    if (error == 0) {
        error = take(kind->permits, kind->count, wait);
        if (error == 0)
            return OK;
        give(kind->places, kind->count);
        *is_counted = error == EAGAIN && kind == &foreign;
    }
    return fail_busy(request, error, kind == &foreign && semctl(current_set(), FOREIGN_PERMITS, GETVAL) == 0);
}

static void leave(mt_request_t *request, const hash_kind_t *kind, apr_time_t began)
{
    give(kind->permits, kind->count);
    give(kind->places, kind->count);
    request->timing.hashing += mt_timestamp_monotonic() - began;
}

static int fail_memory(mt_request_t *request)
{
    mt_log_request(APLOG_MARK, APLOG_ERR, APR_ENOMEM, request->r, "not enough memory to hash a password",
                   "not enough memory to hash a password: add memory to the machine, or lower MinitwitHashLimit or "
                   "MinitwitPasswordMemory");
    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                           "The site is very busy. Please try again in a few seconds.");
}

int mt_hashing_make(mt_request_t *request, const char *password, const char **hash)
{
    apr_time_t began = mt_timestamp_monotonic();
    int is_counted;
    int status = enter(request, &own, &is_counted);

    if (status != OK)
        return status;
    *hash = mt_password_argon2id_make(request->pool, password, &request->config->password_cost);
    leave(request, &own, began);
    return *hash ? OK : fail_memory(request);
}

int mt_hashing_verify(mt_request_t *request, const char *password, const char *hash, mt_password_result_t *result,
                      int *is_counted)
{
    const mt_password_cost_t *cost = &request->config->password_cost;
    const hash_kind_t *kind = mt_password_is_foreign(hash, cost) ? &foreign : &own;
    apr_time_t began = mt_timestamp_monotonic();
    int status = enter(request, kind, is_counted);

    if (status != OK)
        return status;
    *result = mt_password_verify(request->pool, password, hash, cost, mt_hashspeed_get());
    leave(request, kind, began);
    return *result == MT_PASSWORD_FAILED ? fail_memory(request) : OK;
}

apr_int64_t mt_hashing_count(void)
{
    int free_permits = semctl(current_set(), PERMITS, GETVAL);
    return free_permits < 0 ? 0 : limits->permits - free_permits;
}
