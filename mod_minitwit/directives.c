/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "directives.h"

#include "api/contract.h"
#include "core/integer.h"
#include "http/dbd.h"
#include "http/mount.h"
#include "http/secretfile.h"
#include "http/username.h"
#include "ops/watch.h"
#include "setting.h"
#include "siteurl.h"
#include "web/site.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stddef.h>
#include <unistd.h>

APLOG_USE_MODULE(minitwit);

/* mt_directives is the only list of the directives. Most of its rows carry a mt_setting_t, which describes a field of
 * mt_config_t. The functions that create, merge and complete a configuration go through these rows. So a new directive
 * needs only its field in http/config.h, its row here and its section in docs/directives.md. */

static mt_config_t *config_of(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &minitwit_module);
}

/* ---- setting a field --------------------------------------------------------------------------------------------- */

/* Records the place of a directive, for the message if its value turns out to be wrong. */
static void note_place(cmd_parms *cmd)
{
    apr_table_setn(config_of(cmd)->places, cmd->cmd->name, mt_config_place(cmd));
}

static void note_doubt(cmd_parms *cmd, const char *text, apr_int64_t value)
{
    const char *doubt = mt_setting_doubt(cmd->pool, cmd->info, cmd->cmd->name, text, value);
    if (doubt)
        APR_ARRAY_PUSH(config_of(cmd)->doubts, const char *) =
            apr_psprintf(cmd->pool, "%s (%s)", doubt, mt_config_place(cmd));
}

static const char *set_number(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    const mt_setting_t *setting = cmd->info;
    apr_int64_t value;
    const char *problem = setting->scope == MT_SETTING_SERVER_WIDE ? ap_check_cmd_context(cmd, GLOBAL_ONLY) : NULL;

    if (!problem)
        problem = mt_setting_parse(cmd->pool, setting, cmd->cmd->name, text, &value);
    if (problem)
        return problem;
    note_doubt(cmd, text, value);
    *mt_setting_number(config_of(cmd), setting) = value;
    return NULL;
}

/* mod_dbd reports the mistakes in its directives. */
static const char *note_number(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    apr_int64_t value;

    if (!mt_integer_parse(text, &value))
        return NULL;
    note_place(cmd);
    note_doubt(cmd, text, value);
    *mt_setting_number(config_of(cmd), cmd->info) = value;
    return NULL;
}

static const char *note_text(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    note_place(cmd);
    *mt_setting_text(config_of(cmd), cmd->info) = text;
    return NULL;
}

static const char *set_flag(cmd_parms *cmd, void *mount, int value)
{
    (void)mount;
    note_place(cmd);
    *mt_setting_flag(config_of(cmd), cmd->info) = value;
    return NULL;
}

static const char *set_templates(cmd_parms *cmd, void *mount, const char *dir)
{
    const char *path = ap_server_root_relative(cmd->pool, dir);
    if (!path)
        return apr_pstrcat(cmd->pool, cmd->cmd->name, ": \"", dir, "\" is not a valid path", NULL);
    return note_text(cmd, mount, path);
}

static const char *set_site_url(cmd_parms *cmd, void *mount, const char *text)
{
    const char *url;
    const char *fault = mt_siteurl_parse(cmd->pool, text, &url);

    if (fault)
        return apr_psprintf(cmd->pool, "%s %s: %s. Use the form https://HOST or https://HOST:PORT", cmd->cmd->name,
                            text, fault);
    return note_text(cmd, mount, url);
}

/* Reads the credentials now, because mod_info may show the configuration. */
static const char *set_api_credentials(cmd_parms *cmd, void *mount, const char *name)
{
    const char *path = ap_server_root_relative(cmd->pool, name);
    const char *credentials;
    const char *problem = path ? mt_secretfile_read(cmd->pool, path, &credentials) : "it is not a valid path";

    if (problem)
        return apr_psprintf(cmd->pool, "%s: cannot use \"%s\": %s", cmd->cmd->name, name, problem);
    config_of(cmd)->api_credentials_file = path;
    return note_text(cmd, mount, credentials);
}

static const char *set_api_dates(cmd_parms *cmd, void *mount, const char *word)
{
    int is_text = strcasecmp(word, "text") == 0;

    if (!is_text && strcasecmp(word, "epoch") != 0)
        return apr_psprintf(cmd->pool, "%s %s: the value must be \"epoch\" or \"text\"", cmd->cmd->name, word);
    return set_flag(cmd, mount, is_text);
}

/* The core obeys this directive. The first word of its value is the kind of the lock. */
static const char *note_mutex(cmd_parms *cmd, void *mount, const char *word)
{
    (void)mount;
    if (strcasecmp(word, "sem") == 0 || strcasecmp(word, "posixsem") == 0)
        APR_ARRAY_PUSH(config_of(cmd)->doubts, const char *) = apr_psprintf(
            cmd->pool,
            "Mutex %s uses POSIX semaphores, which stay locked when their process is killed. The metrics of the "
            "database then freeze, and with some MPMs the whole site stops: use \"Mutex pthread\" or remove the line "
            "(%s)",
            word, mt_config_place(cmd));
    return NULL;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

#define DESCRIBE(...) ((void *)&(const mt_setting_t){ __VA_ARGS__ })

#define RANGE(least, most) (least), (most)

/* range: the values that are allowed. usual: those without a warning. Both, and the default, are in seconds for a
 * duration. */
#define NUMBER(name, field, unit, range, usual, preset, scope, help)                                                   \
    NUMBER_OF(name, field, unit, range, usual, preset, scope, help)
#define NUMBER_OF(name, field, unit, least, most, usual_least, usual_most, value, where, help)                         \
    AP_INIT_TAKE1(name, set_number,                                                                                    \
                  DESCRIBE(.kind = MT_SETTING_##unit, .offset = offsetof(mt_config_t, field), .min = (least),          \
                           .max = (most), .usual_min = (usual_least), .usual_max = (usual_most), .preset = (value),    \
                           .scope = MT_SETTING_##where),                                                               \
                  RSRC_CONF, help)

#define NOTED_NUMBER(name, field, usual, preset, help) NOTED_NUMBER_OF(name, field, usual, preset, help)
#define NOTED_NUMBER_OF(name, field, usual_least, usual_most, value, help)                                             \
    AP_INIT_TAKE1(name, note_number,                                                                                   \
                  DESCRIBE(.kind = MT_SETTING_COUNT, .offset = offsetof(mt_config_t, field),                           \
                           .usual_min = (usual_least), .usual_max = (usual_most), .preset = (value)),                  \
                  RSRC_CONF, help)

#define TEXT(name, set, field, text, help)                                                                             \
    AP_INIT_TAKE1(name, set,                                                                                           \
                  DESCRIBE(.kind = MT_SETTING_TEXT, .offset = offsetof(mt_config_t, field), .preset_text = (text)),    \
                  RSRC_CONF, help)

#define FLAG(name, field, value, help)                                                                                 \
    AP_INIT_FLAG(name, set_flag,                                                                                       \
                 DESCRIBE(.kind = MT_SETTING_FLAG, .offset = offsetof(mt_config_t, field), .preset = (value)),         \
                 RSRC_CONF, help)

/* A choice of two words. */
#define CHOICE(name, set, field, value, help)                                                                          \
    AP_INIT_TAKE1(name, set,                                                                                           \
                  DESCRIBE(.kind = MT_SETTING_FLAG, .offset = offsetof(mt_config_t, field), .preset = (value)),        \
                  RSRC_CONF, help)

const command_rec mt_directives[] = {
    TEXT("MinitwitTemplates", set_templates, templates, MT_TEMPLATES_DIR,
         "the folder of the HTML templates and static files"),
    TEXT("MinitwitSiteURL", set_site_url, site_url, NULL,
         "scheme, host and port of the site, for its absolute URLs: https://minitwit.example"),
    TEXT("MinitwitApiCredentials", set_api_credentials, api_credentials, NULL,
         "a file with the simulator's credentials: its first line is user:password"),
    NUMBER("MinitwitApiRowLimit", api_rows_max, COUNT, RANGE(1, 10000000), RANGE(100, 1000000), 100000, PER_HOST,
           "the maximum number of rows in one API answer"),
    NUMBER("MinitwitApiSizeLimit", api_size_max, MEBIBYTES, RANGE(1, 1024), RANGE(1, 256), 32, PER_HOST,
           "the maximum size of one API answer, in MiB"),
    CHOICE("MinitwitApiDates", set_api_dates, api_dates_are_text, 0,
           "the form of pub_date in API answers: epoch (seconds since 1970) or text (2019-12-01 12:00:00)"),
    NUMBER("MinitwitBodyLimit", body_max, COUNT, RANGE(1024, 16 * 1024 * 1024), RANGE(4096, 4 * 1024 * 1024), 65536,
           PER_HOST, "the maximum size of a request body, in bytes"),
    NUMBER("MinitwitMessageLimit", message_max, COUNT, RANGE(1, 100000), RANGE(20, 10000), 1000, PER_HOST,
           "the maximum length of a message, in characters"),
    NUMBER("MinitwitSessionLifetime", session_lifetime, DURATION, RANGE(60, 10 * 365 * 86400LL),
           RANGE(3600, 400 * 86400), 30 * 86400, PER_HOST, "the time from login to the end of a session"),
    FLAG("MinitwitIndexing", indexing, 0, "On: search engines may index the public pages, and there is a sitemap"),
    FLAG("MinitwitProxyTLS", proxy_tls, 0,
         "On: a proxy in front of httpd terminates TLS, so cookies are for https only"),
    FLAG("MinitwitGravatar", gravatar, 0, "On: avatars come from gravatar.com instead of this site"),
    NUMBER("MinitwitDatabaseTimeout", database_timeout, DURATION, RANGE(0, 60), RANGE(0.1, 10), 1, PER_HOST,
           "the maximum time of one statement"),
    NUMBER("MinitwitPoolTimeout", pool_timeout, DURATION, RANGE(0, 60), RANGE(0.05, 10), MT_SETTING_UNSET, PER_HOST,
           "the maximum time that a request waits for a database connection"),
    NUMBER("MinitwitSlowRequest", slow_request, DURATION, RANGE(0, 3600), RANGE(0.01, 30), 0.3, PER_HOST,
           "log requests that take at least this long, with the parts of their time"),
    NUMBER("MinitwitPasswordMemory", password_memory, MEBIBYTES, RANGE(1, MT_PASSWORD_MEMORY_MAX), RANGE(7, 256),
           MT_PASSWORD_MEMORY_PRESET, PER_HOST, "memory of one Argon2id hash, in MiB"),
    NUMBER("MinitwitPasswordPasses", password_passes, COUNT, RANGE(1, 16), RANGE(1, 10), MT_PASSWORD_PASSES_PRESET,
           PER_HOST, "passes of one Argon2id hash"),
    NUMBER("MinitwitHashLimit", hash_max, COUNT, RANGE(1, 1024), RANGE(1, 256), MT_SETTING_UNSET, SERVER_WIDE,
           "the maximum number of concurrent password hashes, over the whole server"),
    NUMBER("MinitwitHashQueue", hash_queue, COUNT, RANGE(0, 16384), RANGE(0, 4096), MT_SETTING_UNSET, SERVER_WIDE,
           "the maximum number of requests that wait for a password hash, over the whole server"),
    NUMBER("MinitwitHashWait", hash_wait, DURATION, RANGE(0, 60), RANGE(0.1, 10), 2, SERVER_WIDE,
           "the maximum time that a request waits for a password hash"),
    NUMBER("MinitwitLoginLimit", login_limit, COUNT, RANGE(0, 1000), RANGE(0, 100), 5, PER_HOST,
           "wrong passwords for one account from one address before logins are throttled"),
    NUMBER("MinitwitLoginDelay", login_delay, DURATION, RANGE(1, 60), RANGE(1, 60), 15, PER_HOST,
           "the time between the attempts of a throttled login"),
    FLAG("MinitwitSearch", search, 1, "Off: the site has no search"),
    NUMBER("MinitwitSearchLimit", search_limit, COUNT, RANGE(0, 600), RANGE(0, 300), 60, PER_HOST,
           "the maximum number of searches a minute from one address"),
    FLAG("MinitwitCache", cache, 1, "Off: do not cache rendered answers"),
    NUMBER("MinitwitCacheLifetime", cache_lifetime, DURATION, RANGE(0, 3600), RANGE(0.1, 60), 1, PER_HOST,
           "the maximum age of an answer from the cache"),
    NUMBER("MinitwitCacheSize", cache_size, MEBIBYTES, RANGE(4, 4096), RANGE(4, 2048), 128, SERVER_WIDE,
           "shared memory for the cache, in MiB, over the whole server"),
    NUMBER("MinitwitMetricsInterval", metrics_interval, DURATION, RANGE(0, 3600), RANGE(1, 300), 15, SERVER_WIDE,
           "the interval at which metrics are read from the database"),

    /* Directives of the core, of mod_mime and of mod_dbd that this module also reads. The defaults are those of
       mod_dbd. */
    AP_INIT_TAKE1("SetHandler", mt_mount_set_handler, NULL, OR_FILEINFO, "a handler name or an expression"),
    AP_INIT_ITERATE2("AddHandler", mt_mount_add_handler, NULL, OR_FILEINFO, "a handler name and file extensions"),
    AP_INIT_ITERATE("Mutex", note_mutex, NULL, RSRC_CONF, "a kind of lock and its users"),
    TEXT("DBDriver", note_text, dbd_driver, NULL, "SQL driver"),
    TEXT("DBDParams", note_text, dbd_params, NULL, "SQL driver parameters"),
    NOTED_NUMBER("DBDMin", dbd_min, RANGE(0, 100), 1, "minimum number of connections"),
    NOTED_NUMBER("DBDKeep", dbd_keep, RANGE(0, 100), 2, "maximum number of sustained connections"),
    NOTED_NUMBER("DBDMax", dbd_max, RANGE(0, 100), 10, "maximum number of connections"),
    NOTED_NUMBER("DBDExptime", dbd_exptime, RANGE(1, 86400), 300, "time to keep surplus connections open, in seconds"),
    { .name = NULL },
};

/* ---- create and merge -------------------------------------------------------------------------------------------- */

/* The row's description; NULL for a row that sets no field. */
static const mt_setting_t *describe(const command_rec *row)
{
    return row->cmd_data;
}

void *mt_directives_create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    mt_config_t *config = apr_pcalloc(pool, sizeof(*config));
    for (const command_rec *row = mt_directives; row->name; row++) {
        if (describe(row))
            mt_setting_unset(config, describe(row));
    }
    config->places = apr_table_make(pool, 8);
    config->doubts = apr_array_make(pool, 0, sizeof(const char *));
    config->sections = apr_array_make(pool, 4, sizeof(mt_section_t));
    return config;
}

void *mt_directives_merge(apr_pool_t *pool, void *outer, void *inner)
{
    mt_config_t *merged = apr_pmemdup(pool, inner, sizeof(*merged));
    mt_config_t *base = outer;

    for (const command_rec *row = mt_directives; row->name; row++) {
        if (describe(row) && mt_setting_is_unset(merged, describe(row)))
            mt_setting_inherit(merged, base, describe(row));
    }
    /* The second field of MinitwitApiCredentials, which has no row. */
    if (!merged->api_credentials_file)
        merged->api_credentials_file = base->api_credentials_file;
    merged->places = apr_table_overlay(pool, merged->places, base->places);
    /* The <Location> sections of the main server also apply to each host. */
    merged->sections = apr_array_append(pool, base->sections, merged->sections);
    if (!merged->mounted_at)
        merged->mounted_at = base->mounted_at;
    merged->site_mounted |= base->site_mounted;
    merged->api_mounted |= base->api_mounted;
    merged->metrics_mounted |= base->metrics_mounted;
    return merged;
}

/* ---- check_config ------------------------------------------------------------------------------------------------ */

static void fill_in(mt_config_t *config)
{
    for (const command_rec *row = mt_directives; row->name; row++) {
        if (describe(row) && mt_setting_is_unset(config, describe(row)))
            mt_setting_preset(config, describe(row));
    }
    config->password_cost.memory = (apr_size_t)config->password_memory * 1024 * 1024;
    config->password_cost.passes = (unsigned)config->password_passes;
    if (config->hash_max < 0) {
        /* Foreign hashes leave one permit to others only if there are two. */
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        config->hash_max = cores > 2 ? cores : 2;
    }
}

/* Returns NULL, or the message for the operator. *culprit: the directive to correct, or the handler that needs more, or
 * NULL. */
static const char *check_host(apr_pool_t *pconf, mt_config_t *config, const char **culprit)
{
    const char *problem = mt_dbd_check(pconf, config, culprit);
    if (!problem && config->api_mounted && !config->api_credentials) {
        *culprit = "minitwit-api";
        problem = "the simulator's API is mounted without credentials: set MinitwitApiCredentials to a file with "
                  "the line user:password";
    }
    if (!problem && config->metrics_mounted) {
        *culprit = "minitwit-metrics";
        problem = mt_ops_watch_check();
    }
    if (!problem && config->site_mounted && config->indexing && !config->site_url) {
        *culprit = "MinitwitIndexing";
        problem = "MinitwitIndexing is On without MinitwitSiteURL, but the sitemap needs absolute URLs: set "
                  "MinitwitSiteURL to the address of the site, such as https://minitwit.example";
    }
    /* A host without directives of this module shares the main server's configuration, whose site and contract may
     * already be loaded. */
    if (!problem && config->site_mounted && !config->site) {
        *culprit = "MinitwitTemplates";
        problem = mt_web_site_load(pconf, config->templates, &config->site);
    }
    if (!problem && config->api_mounted && !config->contract) {
        *culprit = "MinitwitTemplates";
        problem = mt_api_contract_load(pconf, config, &config->contract);
    }
    return problem;
}

/* Logs the warnings about the values of all hosts, whether they mount a handler or not. A host without directives of
 * this module shares the main server's configuration. */
static void warn(const server_rec *first)
{
    for (const server_rec *server = first; server; server = server->next) {
        const mt_config_t *config = mt_config_get(server);
        for (int i = 0; (server == first || config != mt_config_get(first)) && i < config->doubts->nelts; i++)
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "%s", APR_ARRAY_IDX(config->doubts, i, const char *));
    }
}

int mt_directives_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *first)
{
    (void)plog;
    for (server_rec *server = first; server; server = server->next) {
        mt_config_t *config = ap_get_module_config(server->module_config, &minitwit_module);
        const char *culprit = NULL;
        fill_in(config);
        if (!config->mounted_at)
            continue;
        const char *problem = check_host(pconf, config, &culprit);
        if (problem) {
            const char *place = culprit ? apr_table_get(config->places, culprit) : NULL;
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, server, "%s (%s at %s)", problem,
                         place ? culprit : "MiniTwit is mounted", place ? place : config->mounted_at);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    mt_username_reserve(pconf, first);
    if (mt_config_is_mounted(first))
        warn(first);
    mt_dbd_warn(first);
    mt_secretfile_warn(ptemp, first);
    return OK;
}
