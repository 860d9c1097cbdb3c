/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/secretfile.h"

#include <apr_file_info.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(minitwit);

static int is_used_by_earlier(const server_rec *first, const server_rec *end)
{
    const char *file = mt_config_get(end)->api_credentials_file;

    for (const server_rec *server = first; server != end; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        if (config->api_mounted && config->api_credentials_file && strcmp(config->api_credentials_file, file) == 0)
            return 1;
    }
    return 0;
}

void mt_secretfile_warn(apr_pool_t *pool, const server_rec *first)
{
    for (const server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        const char *file = config->api_credentials_file;
        apr_finfo_t info;

        if (!config->api_mounted || !file || is_used_by_earlier(first, server))
            continue;
        /* httpd has just read the file. If the file is gone now, the next start reports it. */
        if (apr_stat(&info, file, APR_FINFO_PROT, pool) != APR_SUCCESS)
            continue;
        if (info.protection & (APR_FPROT_WREAD | APR_FPROT_WWRITE))
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                         "MinitwitApiCredentials: every account on this machine can %s the simulator's password in "
                         "\"%s\": run \"chmod 600 %s\" (httpd reads the file before it gives up root's privileges)",
                         info.protection & APR_FPROT_WWRITE ? "change" : "read", file, file);
    }
}
