/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "directives.h"
#include "http/database.h"
#include "http/dispatch.h"
#include "http/hashing.h"
#include "http/mount.h"
#include "routes.h"

#include <http_log.h>
#include <http_request.h>
#include <sodium.h>

/* An httpd that loads the module and mounts nothing needs nothing of it. */
static int is_mounted(server_rec *server)
{
    for (; server; server = server->next) {
        if (mt_config_get(server)->mounted_at)
            return 1;
    }
    return 0;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    (void)plog;
    (void)ptemp;
    if (!is_mounted(server))
        return OK;
    apr_status_t rv = sodium_init() < 0 ? APR_EGENERAL : mt_database_post_config(pconf);
    if (rv == APR_SUCCESS)
        rv = mt_hashing_post_config(pconf, server);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server,
                     "MiniTwit cannot start: no shared memory, no semaphore (see \"ipcs -l\") or no random numbers");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static void child_init(apr_pool_t *pchild, server_rec *server)
{
    apr_status_t rv = mt_database_child_init(pchild, server);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server, "MiniTwit cannot start in this child process: no mutex");
        exit(APEXIT_CHILDSICK);
    }
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const before[] = { "mod_alias.c", "mod_userdir.c", "mod_vhost_alias.c", NULL };

    (void)pool;
    mt_dispatch_register(mt_handlers, mt_routes);
    ap_hook_check_config(mt_directives_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    /* After mod_rewrite and mod_proxy, which may have other plans for a path. */
    ap_hook_translate_name(mt_mount_translate, NULL, before, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(mt_mount_map_to_storage, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_type_checker(mt_mount_type, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(mt_dispatch_handle, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(minitwit) = {
    STANDARD20_MODULE_STUFF, mt_mount_create, mt_mount_merge, mt_directives_create,
    mt_directives_merge,     mt_directives,   register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE,
#endif
};
