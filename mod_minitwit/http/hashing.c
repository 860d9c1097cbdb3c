/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/hashing.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_log.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>
#include <unixd.h>

APLOG_USE_MODULE(minitwit);

/* A System V semaphore, because it is the one kind that works over processes, has a wait with an end (semtimedop), and
 * whose permits the kernel returns when a process dies with them (SEM_UNDO). */
enum {
    PLACES,
    PERMITS,
    SEMAPHORES
}; /* a place is held by who hashes and by who waits to */

typedef struct limits_t {
    int id;
    apr_int64_t permits;
    apr_int64_t places;
} limits_t;

/* Kept over restarts, since children of two generations may hold permits at once. */
static limits_t *limits;

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

typedef struct set_t {
    int id;
    pid_t owner;
} set_t;

/* A child that exits cleans the process pool up as well, but the set is not its own. */
static apr_status_t remove_set(void *data)
{
    const set_t *set = data;
    if (set->owner == getpid())
        semctl(set->id, 0, IPC_RMID);
    return APR_SUCCESS;
}

static apr_status_t make_set(limits_t *made, apr_pool_t *process)
{
    unsigned short values[SEMAPHORES] = {
        [PLACES] = (unsigned short)made->places, [PERMITS] = (unsigned short)made->permits
    };
    union semun argument = { .array = values };
    struct semid_ds owner;
    union semun ownership = { .buf = &owner };

    made->id = semget(IPC_PRIVATE, SEMAPHORES, IPC_CREAT | 0600);
    if (made->id < 0)
        return errno;
    set_t *set = apr_palloc(process, sizeof(*set));
    set->id = made->id;
    set->owner = getpid();
    apr_pool_cleanup_register(process, set, remove_set, apr_pool_cleanup_null);
    if (semctl(made->id, 0, SETALL, argument) < 0 || semctl(made->id, 0, IPC_STAT, ownership) < 0)
        return errno;
    if (geteuid() == 0) {
        owner.sem_perm.uid = ap_unixd_config.user_id;
        owner.sem_perm.gid = ap_unixd_config.group_id;
        if (semctl(made->id, 0, IPC_SET, ownership) < 0)
            return errno;
    }
    return APR_SUCCESS;
}

apr_status_t mt_hashing_post_config(const server_rec *server)
{
    static const char key[] = "mod_minitwit hashing";
    const mt_config_t *config = mt_config_get(server);

    limits = ap_retained_data_get(key);
    if (!limits)
        limits = ap_retained_data_create(key, sizeof(*limits));
    if (limits->permits == config->hash_max && limits->places == config->hash_max + config->hash_queue)
        return APR_SUCCESS;
    /* Another size: a new set. The children that are still there finish with the old one. */
    limits->permits = config->hash_max;
    limits->places = config->hash_max + config->hash_queue;
    return make_set(limits, server->process->pool);
}

/* Takes one of a semaphore within a time: 0 does not wait. Returns 0, or errno. */
static int take(unsigned short semaphore, apr_interval_time_t timeout)
{
    struct sembuf operation = { .sem_num = semaphore, .sem_op = -1, .sem_flg = SEM_UNDO };
    apr_interval_time_t left = timeout;
    apr_time_t start = apr_time_now();

    if (timeout == 0)
        operation.sem_flg |= IPC_NOWAIT;
    for (;;) {
        struct timespec wait = { .tv_sec = apr_time_sec(left), .tv_nsec = apr_time_usec(left) * 1000 };
        if (semtimedop(limits->id, &operation, 1, &wait) == 0)
            return 0;
        if (errno != EINTR)
            return errno;
        apr_interval_time_t gone = apr_time_now() - start;
        left = gone >= 0 && gone < timeout ? timeout - gone : 0;
    }
}

static void give(unsigned short semaphore)
{
    struct sembuf operation = { .sem_num = semaphore, .sem_op = 1, .sem_flg = SEM_UNDO | IPC_NOWAIT };
    while (semop(limits->id, &operation, 1) < 0 && errno == EINTR)
        continue;
}

static int enter(mt_request_t *request)
{
    apr_interval_time_t wait = mt_config_get(request->r->server)->hash_wait;
    int error = take(PLACES, 0);
    if (error == 0) {
        error = take(PERMITS, wait);
        if (error == 0)
            return OK;
        give(PLACES);
    }
    if (error == EAGAIN)
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, request->r,
                      "refused: %" APR_INT64_T_FMT
                      " password hashes at once, and as many requests waiting for one as may: "
                      "if this goes on, see who registers or logs in so often, or raise MinitwitHashLimit",
                      limits->permits);
    else
        ap_log_rerror(APLOG_MARK, APLOG_ERR, error, request->r,
                      "the semaphore that bounds password hashing is gone: "
                      "restart httpd, and let nobody remove it (ipcs -s)");
    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                           "Too many people sign in at this moment. Please try again in a few seconds.");
}

static void leave(void)
{
    give(PERMITS);
    give(PLACES);
}

static int fail_memory(mt_request_t *request)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_ENOMEM, request->r,
                  "no memory to hash a password: give the machine more, or lower MinitwitHashLimit or "
                  "MinitwitPasswordMemory");
    return mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                           "The site is very busy. Please try again in a few seconds.");
}

int mt_hashing_make(mt_request_t *request, const char *password, const char **hash)
{
    int status = enter(request);
    if (status != OK)
        return status;
    *hash = mt_password_hash(request->pool, password, &request->config->password_cost);
    leave();
    return *hash ? OK : fail_memory(request);
}

int mt_hashing_verify(mt_request_t *request, const char *password, const char *hash, mt_password_result_t *result)
{
    int status = enter(request);
    if (status != OK)
        return status;
    *result = mt_password_verify(request->pool, password, hash, &request->config->password_cost);
    leave();
    return *result == MT_PASSWORD_FAILED ? fail_memory(request) : OK;
}
