/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/dbd.h"

#include "core/integer.h"

#include <apr_dbd.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <http_log.h>
#include <libpq-fe.h>
#include <mod_dbd.h>
#include <string.h>

APLOG_USE_MODULE(minitwit);

static int is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int mt_dbd_is_same(const mt_config_t *a, const mt_config_t *b)
{
    return is_same_text(a->dbd_driver, b->dbd_driver) && is_same_text(a->dbd_params, b->dbd_params) &&
           a->dbd_min == b->dbd_min && a->dbd_keep == b->dbd_keep && a->dbd_max == b->dbd_max &&
           a->dbd_exptime == b->dbd_exptime;
}

/* Does not show libpq's message, which would quote a part of a password that contains a blank without quotes. */
static const char *check_params(const char *params)
{
    PQconninfoOption *options = PQconninfoParse(params, NULL);
    const char *problem = NULL;

    if (!options)
        problem =
            "libpq cannot parse DBDParams: write a URI, or libpq's KEYWORD=VALUE pairs with single quotes around each "
            "value that contains blanks; psql accepts the same text and shows the exact error";
    PQconninfoFree(options);
    return problem;
}

const char *mt_dbd_check(apr_pool_t *pool, const mt_config_t *config)
{
    if (!APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open))
        return "MiniTwit needs mod_dbd for its database, but mod_dbd is not loaded: add \"LoadModule dbd_module "
               "modules/mod_dbd.so\" (Debian: a2enmod dbd)";
    if (!config->dbd_driver || strcmp(config->dbd_driver, "pgsql") != 0)
        return "MiniTwit needs PostgreSQL: set \"DBDriver pgsql\" for this host";
    if (!config->dbd_params)
        return "no database is configured: set DBDParams, for example \"host=/run/postgresql dbname=minitwit "
               "user=minitwit_site connect_timeout=2\"";
    if (config->dbd_max < 1)
        return "DBDMax 0 allows no connections: set it to 1 or more";
    if (config->dbd_keep > config->dbd_max)
        return apr_psprintf(pool,
                            "DBDKeep (%" APR_INT64_T_FMT ") is greater than DBDMax (%" APR_INT64_T_FMT
                            "), so mod_dbd would open no connections: lower DBDKeep",
                            config->dbd_keep, config->dbd_max);
    return check_params(config->dbd_params);
}

static int is_shared_with_earlier(const server_rec *first, const server_rec *end)
{
    for (const server_rec *server = first; server != end; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        if (config->mounted_at && mt_dbd_is_same(config, mt_config_get(end)))
            return 1;
    }
    return 0;
}

void mt_dbd_warn(const server_rec *first)
{
    for (const server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        if (!config->mounted_at || is_shared_with_earlier(first, server))
            continue;
        if (config->dbd_min > 0)
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                         "DBDMin is %" APR_INT64_T_FMT
                         " (mod_dbd's default is 1), so mod_dbd opens connections of its own, which this module does "
                         "not use, and uses more and more memory while the database cannot be reached: set \"DBDMin "
                         "0\"",
                         config->dbd_min);
    }
}
