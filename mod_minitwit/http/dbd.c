/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/dbd.h"

#include <apr_dbd.h>
#include <apr_lib.h>
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

/* The beginning of a connection string that can hold no part of a password: the options before the first one whose name
 * contains "password". A password with blanks but without quotes reaches over several options, and libpq would quote
 * one of its words. Returns "" if nothing is certain. */
static const char *harmless_part(apr_pool_t *pool, const char *params)
{
    const char *secret = ap_strcasestr(params, "password");

    if (!secret)
        return strchr(params, '@') ? "" : params;
    while (secret > params && !apr_isspace(secret[-1]))
        secret--;
    return apr_pstrmemdup(pool, params, (apr_size_t)(secret - params));
}

/* Returns libpq's error message for a connection string without its line feed, in pool, or NULL if there is none. */
static const char *parse_error(apr_pool_t *pool, const char *params)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(params, &error);
    const char *text = NULL;

    if (!options)
        text = error ? apr_pstrmemdup(pool, error, strcspn(error, "\n")) : "out of memory";
    PQconninfoFree(options);
    PQfreemem(error);
    return text;
}

static const char *check_params(apr_pool_t *pool, const char *params)
{
    if (!parse_error(pool, params))
        return NULL;
    const char *error = parse_error(pool, harmless_part(pool, params));
    return apr_pstrcat(
        pool, "libpq cannot parse DBDParams: ",
        error ? error
              : "the error is in or after the password, so this message does not show it, but psql shows it for the "
                "same text",
        ". Write a URI, or libpq's KEYWORD=VALUE pairs with single quotes around each value that contains blanks",
        NULL);
}

const char *mt_dbd_check(apr_pool_t *pool, const mt_config_t *config, const char **culprit)
{
    if (!APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open))
        return "MiniTwit needs mod_dbd for its database, but mod_dbd is not loaded: add \"LoadModule dbd_module "
               "modules/mod_dbd.so\" (Debian: a2enmod dbd)";
    *culprit = "DBDriver";
    if (!config->dbd_driver || strcmp(config->dbd_driver, "pgsql") != 0)
        return "MiniTwit needs PostgreSQL: set \"DBDriver pgsql\" for this host";
    *culprit = "DBDParams";
    if (!config->dbd_params)
        return "no database is configured: set DBDParams, for example \"host=/run/postgresql dbname=minitwit "
               "user=minitwit_site connect_timeout=2\"";
    *culprit = "DBDMax";
    if (config->dbd_max < 1)
        return "DBDMax 0 allows no connections: set it to 1 or more";
    *culprit = "DBDParams";
    return check_params(pool, config->dbd_params);
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
                         " (mod_dbd's default is 1), so mod_dbd opens connections that this module does not use, and "
                         "takes more and more memory while it cannot reach the database: set \"DBDMin 0\"",
                         config->dbd_min);
        if (config->dbd_keep > config->dbd_max)
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                         "DBDKeep (%" APR_INT64_T_FMT ") is greater than DBDMax (%" APR_INT64_T_FMT
                         "), so mod_dbd logs AH00633 in each child process and gives other modules no connections: set "
                         "\"DBDKeep %" APR_INT64_T_FMT "\"",
                         config->dbd_keep, config->dbd_max, config->dbd_max);
    }
}
