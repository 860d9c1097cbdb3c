/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */

/* The entry point: connects the functions of all layers to httpd's hooks. A request to a mounted path passes these:
 *
 *     pre_connection                                 http/signals.c           let signals through during waits
 *     translate_name, map_to_storage, type_checker   http/mount.c             find the handler, begin the request
 *     handler                                        http/dispatch.c          call the endpoint, send the answer
 *     log_transaction                                http/request_metrics.c   count the answers of httpd itself */
#include "directives.h"
#include "http/cache.h"
#include "http/children.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/dbhealth.h"
#include "http/dispatch.h"
#include "http/exemplars.h"
#include "http/hashing.h"
#include "http/hashspeed.h"
#include "http/log.h"
#include "http/login_throttle.h"
#include "http/mount.h"
#include "http/request_metrics.h"
#include "http/requestid.h"
#include "http/router.h"
#include "http/search_throttle.h"
#include "http/signals.h"
#include "ops/accesslog.h"
#include "ops/indexer.h"
#include "ops/serverstatus.h"
#include "ops/watch.h"
#include "routes.h"
#include "siteurl.h"

#include <ap_mpm.h>
#include <dlfcn.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <sodium.h>

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    mt_ops_accesslog_register(pconf);
    return OK;
}

/* The GNU C library loads libgcc_s when the first thread of a process ends, and aborts the process if this fails. In a
 * child without free file descriptors, the end of one thread would thus cut off the requests of all others. Children
 * inherit the library that is loaded here. */
static void preload_thread_exit(void)
{
    dlopen("libgcc_s.so.1", RTLD_NOW);
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    (void)plog;
    (void)ptemp;
    /* While no handler is mounted, the module must not change httpd. */
    if (!mt_config_is_mounted(server))
        return OK;
    preload_thread_exit();
    apr_status_t rv = sodium_init() < 0 ? APR_EGENERAL : mt_log_post_config(pconf, server);
    mt_hashspeed_post_config();
    if (rv == APR_SUCCESS)
        rv = mt_dbhealth_post_config(pconf, server);
    if (rv == APR_SUCCESS)
        rv = mt_hashing_post_config(pconf, server);
    if (rv == APR_SUCCESS)
        rv = mt_counters_post_config(server);
    if (rv == APR_SUCCESS)
        rv = mt_exemplars_post_config(server);
    if (rv == APR_SUCCESS)
        rv = mt_children_post_config(server);
    if (rv == APR_SUCCESS)
        rv = mt_login_throttle_post_config(server);
    if (rv == APR_SUCCESS)
        rv = mt_search_throttle_post_config(server);
    if (rv == APR_SUCCESS)
        rv = mt_cache_post_config(pconf, server);
    if (rv == APR_SUCCESS)
        rv = mt_ops_watch_post_config(pconf, server);
    if (rv == APR_SUCCESS)
        rv = mt_ops_indexer_post_config(pconf, server);
    if (rv != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_CRIT, rv, server,
            "could not get shared memory, a semaphore or random numbers: compare \"ipcs -u\" with \"ipcs -l\"");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    /* httpd reads its configuration twice when it starts. */
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        mt_siteurl_report(server);
    return OK;
}

static void child_init(apr_pool_t *pchild, server_rec *server)
{
    if (!mt_config_is_mounted(server))
        return;
    mt_children_init(server);
    mt_requestid_child_init();
    mt_signals_child_init();
    apr_status_t rv = mt_database_child_init(pchild, server);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server,
                     "could not create a mutex, so this child process ends: check the machine's free memory");
        exit(APEXIT_CHILDSICK);
    }
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const before[] = { "mod_alias.c", "mod_userdir.c", "mod_vhost_alias.c", NULL };

    (void)pool;
    mt_router_register(mt_routes_handlers, mt_routes);
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(mt_directives_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(mt_signals_pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(mt_children_status, NULL, NULL, APR_HOOK_MIDDLE);
    /* After mod_rewrite and mod_proxy, which may rewrite the path or take it over. */
    ap_hook_translate_name(mt_mount_translate, NULL, before, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(mt_mount_map_to_storage, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_type_checker(mt_mount_type, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_generate_log_id(mt_requestid_generate, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(mt_dispatch_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(mt_request_metrics_log, NULL, NULL, APR_HOOK_MIDDLE);
    mt_ops_serverstatus_register();
    mt_signals_register();
}

AP_DECLARE_MODULE(minitwit) = {
    STANDARD20_MODULE_STUFF, mt_mount_create, mt_mount_merge, mt_directives_create,
    mt_directives_merge,     mt_directives,   register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE,
#endif
};
