/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "directives.h"

#include "core/integer.h"
#include "http/dbd.h"
#include "http/mount.h"
#include "http/secretfile.h"
#include "http/username.h"
#include "ops/logformat.h"
#include "ops/watch.h"
#include "web/site.h"

#include <ap_mpm.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stddef.h>
#include <unistd.h>

APLOG_USE_MODULE(minitwit);

#define UNSET         (-1)
#define OFFSET(field) offsetof(mt_config_t, field)

/* ---- directives with a number ------------------------------------------------------------------------------------ */

typedef enum unit_t {
    COUNT,
    MEBIBYTES,
    DURATION
} unit_t;

/* One directive with a number: where it goes, and what it may be (in its own unit; durations in seconds). */
typedef struct number_t {
    apr_size_t offset; /* of an apr_int64_t in mt_config_t */
    unit_t unit;
    apr_int64_t min, max;
    double preset;      /* what holds when nobody sets it; UNSET: computed in fill_in() */
    int is_server_wide; /* 1: not in a <VirtualHost> */
} number_t;

static const number_t session_lifetime = { OFFSET(session_lifetime), DURATION, 60, 10 * 365 * 86400LL, 30 * 86400, 0 };
static const number_t database_timeout = { OFFSET(database_timeout), DURATION, 0, 60, 1, 0 };
static const number_t pool_timeout = { OFFSET(pool_timeout), DURATION, 0, 60, 0.2, 0 };
static const number_t slow_request = { OFFSET(slow_request), DURATION, 0, 3600, 0.3, 0 };
static const number_t body_max = { OFFSET(body_max), COUNT, 1024, 16 * 1024 * 1024, 65536, 0 };
static const number_t message_max = { OFFSET(message_max), COUNT, 1, 100000, 1000, 0 };
static const number_t api_rows_max = { OFFSET(api_rows_max), COUNT, 1, 10000000, 100000, 0 };
static const number_t password_memory = { OFFSET(password_memory), MEBIBYTES, 1, 1024, MT_PASSWORD_MEMORY_PRESET, 0 };
static const number_t password_passes = { OFFSET(password_passes), COUNT, 1, 16, MT_PASSWORD_PASSES_PRESET, 0 };
static const number_t hash_max = { OFFSET(hash_max), COUNT, 1, 1024, UNSET, 1 };
static const number_t hash_queue = { OFFSET(hash_queue), COUNT, 0, 16384, UNSET, 1 };
static const number_t hash_wait = { OFFSET(hash_wait), DURATION, 0, 60, 2, 1 };
static const number_t login_limit = { OFFSET(login_limit), COUNT, 0, 1000, 5, 0 };
static const number_t login_delay = { OFFSET(login_delay), DURATION, 1, 60, 15, 0 };
static const number_t cache_lifetime = { OFFSET(cache_lifetime), DURATION, 0, 3600, 1, 0 };
static const number_t cache_size = { OFFSET(cache_size), MEBIBYTES, 4, 4096, 128, 1 };
static const number_t metrics_interval = { OFFSET(metrics_interval), DURATION, 0, 3600, 15, 1 };
/* mod_dbd's: their presets are its own. */
static const number_t dbd_min = { OFFSET(dbd_min), COUNT, 0, 1000000, 1, 0 };
static const number_t dbd_keep = { OFFSET(dbd_keep), COUNT, 0, 1000000, 2, 0 };
static const number_t dbd_max = { OFFSET(dbd_max), COUNT, 0, 1000000, 10, 0 };

static const number_t *const numbers[] = {
    &session_lifetime, &database_timeout, &pool_timeout,     &slow_request, &body_max,  &message_max, &api_rows_max,
    &password_memory,  &password_passes,  &hash_max,         &hash_queue,   &hash_wait, &login_limit, &login_delay,
    &cache_lifetime,   &cache_size,       &metrics_interval, &dbd_min,      &dbd_keep,  &dbd_max,     NULL
};

static apr_int64_t *number_at(mt_config_t *config, const number_t *number)
{
    return (apr_int64_t *)((char *)config + number->offset);
}

/* Microseconds; days are ours, the rest is httpd's way to write a time: 1h, 5min, 30s, 200ms. */
static int parse_duration(apr_pool_t *pool, const char *text, apr_int64_t *value)
{
    apr_size_t len = strlen(text);
    apr_int64_t days;
    apr_interval_time_t interval;

    if (len > 1 && (text[len - 1] == 'd' || text[len - 1] == 'D')) {
        if (!mt_integer_parse(apr_pstrmemdup(pool, text, len - 1), &days) || days < 0 || days > 36500)
            return 0;
        *value = apr_time_from_sec(days * 86400);
        return 1;
    }
    if (!apr_isdigit(text[0]) || ap_timeout_parameter_parse(text, &interval, "s") != APR_SUCCESS)
        return 0;
    *value = interval;
    return 1;
}

static const char *set_number(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    const number_t *number = cmd->info;
    mt_config_t *config = ap_get_module_config(cmd->server->module_config, &minitwit_module);
    apr_int64_t value;
    apr_int64_t scale = number->unit == DURATION ? APR_USEC_PER_SEC : 1;

    if (number->is_server_wide) {
        const char *problem = ap_check_cmd_context(cmd, GLOBAL_ONLY);
        if (problem)
            return problem;
    }
    int is_read = number->unit == DURATION ? parse_duration(cmd->pool, text, &value) : mt_integer_parse(text, &value);
    if (!is_read || value < number->min * scale || value > number->max * scale ||
        (number->unit == DURATION && value == 0))
        return apr_psprintf(cmd->pool, "%s %s: give %s from %s%" APR_INT64_T_FMT "%s to %" APR_INT64_T_FMT "%s",
                            cmd->cmd->name, text,
                            number->unit == DURATION    ? "a time (200ms, 5s, 10min, 1h, 30d)"
                            : number->unit == MEBIBYTES ? "a number of MiB"
                                                        : "a whole number",
                            number->unit == DURATION && number->min == 0 ? "above " : "", number->min,
                            number->unit == DURATION ? "s" : "", number->max, number->unit == DURATION ? "s" : "");
    *number_at(config, number) = value;
    return NULL;
}

/* mod_dbd itself says what is wrong with its directives. */
static const char *note_dbd_number(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    mt_integer_parse(text, number_at(ap_get_module_config(cmd->server->module_config, &minitwit_module), cmd->info));
    return NULL;
}

/* ---- directives with a text or a switch -------------------------------------------------------------------------- */

static const char **text_at(mt_config_t *config, apr_size_t offset)
{
    return (const char **)((char *)config + offset);
}

static int *flag_at(mt_config_t *config, apr_size_t offset)
{
    return (int *)((char *)config + offset);
}

static const char *note_text(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    *text_at(ap_get_module_config(cmd->server->module_config, &minitwit_module), (apr_size_t)cmd->info) = text;
    return NULL;
}

static const char *set_flag(cmd_parms *cmd, void *mount, int value)
{
    (void)mount;
    *flag_at(ap_get_module_config(cmd->server->module_config, &minitwit_module), (apr_size_t)cmd->info) = value;
    return NULL;
}

static const char *set_templates(cmd_parms *cmd, void *mount, const char *dir)
{
    const char *path = ap_server_root_relative(cmd->pool, dir);
    if (!path)
        return apr_pstrcat(cmd->pool, cmd->cmd->name, ": \"", dir, "\" is no path", NULL);
    return note_text(cmd, mount, path);
}

/* Reads the first line of the file: the secret itself stays out of the configuration, which mod_info may show. */
static const char *set_api_credentials(cmd_parms *cmd, void *mount, const char *name)
{
    const char *path = ap_server_root_relative(cmd->pool, name);
    apr_file_t *file;
    char line[1024];

    apr_status_t rv = path ? apr_file_open(&file, path, APR_READ, 0, cmd->temp_pool) : APR_EBADPATH;
    if (rv == APR_SUCCESS) {
        rv = apr_file_gets(line, sizeof(line), file);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS)
        return apr_psprintf(cmd->pool,
                            "%s: cannot read \"%s\": %pm: give a file that root can read, with one line "
                            "user:password",
                            cmd->cmd->name, name, &rv);
    if (strlen(line) == sizeof(line) - 1)
        return apr_psprintf(cmd->pool, "%s: the first line of \"%s\" is too long for user:password", cmd->cmd->name,
                            name);
    line[strcspn(line, "\r\n")] = '\0';
    const char *colon = strchr(line, ':');
    if (!colon || colon == line || colon[1] == '\0')
        return apr_psprintf(cmd->pool, "%s: the first line of \"%s\" has to be user:password", cmd->cmd->name, name);
    *text_at(ap_get_module_config(cmd->server->module_config, &minitwit_module), OFFSET(api_credentials_file)) = path;
    return note_text(cmd, mount, apr_pstrdup(cmd->pool, line));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

#define NUMBER(name, number, help) AP_INIT_TAKE1(name, set_number, (void *)&(number), RSRC_CONF, help)

const command_rec mt_directives[] = {
    AP_INIT_TAKE1("MinitwitTemplates", set_templates, (void *)OFFSET(templates), RSRC_CONF,
                  "the folder of the HTML templates and static files"),
    AP_INIT_TAKE1("MinitwitApiCredentials", set_api_credentials, (void *)OFFSET(api_credentials), RSRC_CONF,
                  "a file whose first line is user:password, which the simulator sends"),
    NUMBER("MinitwitApiRowLimit", api_rows_max, "the most rows that one API answer holds"),
    NUMBER("MinitwitBodyLimit", body_max, "the largest request body, in bytes"),
    NUMBER("MinitwitMessageLimit", message_max, "the longest message, in characters"),
    NUMBER("MinitwitSessionLifetime", session_lifetime, "how long after login a session ends"),
    AP_INIT_FLAG("MinitwitProxyTLS", set_flag, (void *)OFFSET(proxy_tls), RSRC_CONF,
                 "On: a proxy in front ends TLS, so cookies are for https only"),
    AP_INIT_FLAG("MinitwitGravatar", set_flag, (void *)OFFSET(gravatar), RSRC_CONF,
                 "On: avatars come from gravatar.com instead of this site"),
    NUMBER("MinitwitDatabaseTimeout", database_timeout, "the longest that one statement may take"),
    NUMBER("MinitwitPoolTimeout", pool_timeout, "the longest that a request waits for a database connection"),
    NUMBER("MinitwitSlowRequest", slow_request, "a request that takes so long is logged, and where its time went"),
    NUMBER("MinitwitPasswordMemory", password_memory, "memory of one Argon2id hash, in MiB"),
    NUMBER("MinitwitPasswordPasses", password_passes, "passes of one Argon2id hash"),
    NUMBER("MinitwitHashLimit", hash_max, "password hashes at once, over the whole server"),
    NUMBER("MinitwitHashQueue", hash_queue, "requests that may wait for a password hash, over the whole server"),
    NUMBER("MinitwitHashWait", hash_wait, "the longest that a request waits for a password hash"),
    NUMBER("MinitwitLoginLimit", login_limit,
           "wrong passwords for one account from one address, before it is slowed down"),
    NUMBER("MinitwitLoginDelay", login_delay, "how long each further attempt to log in then has to wait"),
    AP_INIT_FLAG("MinitwitCache", set_flag, (void *)OFFSET(cache), RSRC_CONF,
                 "Off: every answer is made anew from the database"),
    NUMBER("MinitwitCacheLifetime", cache_lifetime, "how long a rendered answer may be given again"),
    NUMBER("MinitwitCacheSize", cache_size, "shared memory for rendered answers, in MiB, over the whole server"),
    NUMBER("MinitwitMetricsInterval", metrics_interval, "how often the metrics read what the database holds"),

    /* Directives of others, noted on the way. */
    AP_INIT_TAKE1("SetHandler", mt_mount_set_handler, NULL, OR_FILEINFO, "a handler name or an expression"),
    AP_INIT_TAKE1("DBDriver", note_text, (void *)OFFSET(dbd_driver), RSRC_CONF, "SQL driver"),
    AP_INIT_TAKE1("DBDParams", note_text, (void *)OFFSET(dbd_params), RSRC_CONF, "SQL driver parameters"),
    AP_INIT_TAKE1("DBDMin", note_dbd_number, (void *)&dbd_min, RSRC_CONF, "minimum number of connections"),
    AP_INIT_TAKE1("DBDKeep", note_dbd_number, (void *)&dbd_keep, RSRC_CONF, "maximum number of sustained connections"),
    AP_INIT_TAKE1("DBDMax", note_dbd_number, (void *)&dbd_max, RSRC_CONF, "maximum number of connections"),
    AP_INIT_TAKE12("LogFormat", mt_ops_logformat_check, NULL, RSRC_CONF, "a log format, and a name for it"),
    AP_INIT_TAKE23("CustomLog", mt_ops_logformat_check_log, NULL, RSRC_CONF, "a log, its format, and a condition"),
    AP_INIT_TAKE23("GlobalLog", mt_ops_logformat_check_log, NULL, RSRC_CONF,
                   "a log of all hosts, its format, and a condition"),
    { .name = NULL },
};

static const apr_size_t texts[] = { OFFSET(templates), OFFSET(api_credentials), OFFSET(api_credentials_file),
                                    OFFSET(dbd_driver), OFFSET(dbd_params) };
static const apr_size_t flags[] = { OFFSET(proxy_tls), OFFSET(gravatar), OFFSET(cache) };

/* ---- create and merge -------------------------------------------------------------------------------------------- */

void *mt_directives_create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    mt_config_t *config = apr_pcalloc(pool, sizeof(*config));
    for (const number_t *const *number = numbers; *number; number++)
        *number_at(config, *number) = UNSET;
    for (apr_size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        *flag_at(config, flags[i]) = UNSET;
    config->sections = apr_array_make(pool, 4, sizeof(mt_section_t));
    return config;
}

void *mt_directives_merge(apr_pool_t *pool, void *outer, void *inner)
{
    mt_config_t *merged = apr_pmemdup(pool, inner, sizeof(*merged));
    mt_config_t *base = outer;

    for (const number_t *const *number = numbers; *number; number++) {
        if (*number_at(merged, *number) == UNSET)
            *number_at(merged, *number) = *number_at(base, *number);
    }
    for (apr_size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!*text_at(merged, texts[i]))
            *text_at(merged, texts[i]) = *text_at(base, texts[i]);
    }
    for (apr_size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (*flag_at(merged, flags[i]) == UNSET)
            *flag_at(merged, flags[i]) = *flag_at(base, flags[i]);
    }
    /* A host has the <Location> sections of the main server as well. */
    merged->sections = apr_array_append(pool, base->sections, merged->sections);
    if (!merged->mounted_at)
        merged->mounted_at = base->mounted_at;
    merged->site_mounted |= base->site_mounted;
    merged->api_mounted |= base->api_mounted;
    merged->metrics_mounted |= base->metrics_mounted;
    return merged;
}

/* ---- check_config ------------------------------------------------------------------------------------------------ */

static apr_int64_t count_workers(void)
{
    int processes = 1, threads = 1;
    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    return (apr_int64_t)(processes > 0 ? processes : 1) * (threads > 0 ? threads : 1);
}

static void fill_in(mt_config_t *config)
{
    for (const number_t *const *number = numbers; *number; number++) {
        apr_int64_t scale = (*number)->unit == DURATION ? APR_USEC_PER_SEC : 1;
        if (*number_at(config, *number) == UNSET)
            *number_at(config, *number) = (apr_int64_t)((*number)->preset * (double)scale);
    }
    for (apr_size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (*flag_at(config, flags[i]) == UNSET)
            *flag_at(config, flags[i]) = flags[i] == OFFSET(cache);
    }
    if (!config->templates)
        config->templates = MT_TEMPLATES_DIR;
    config->password_cost.memory = (apr_size_t)config->password_memory * 1024 * 1024;
    config->password_cost.passes = (unsigned)config->password_passes;
    if (config->hash_max < 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        config->hash_max = cores > 0 ? cores : 1;
    }
    if (config->hash_queue < 0) {
        apr_int64_t tenth = count_workers() / 10;
        config->hash_queue = tenth > 0 ? tenth : 1;
    }
}

static const char *check_host(apr_pool_t *pconf, mt_config_t *config)
{
    const char *problem = mt_dbd_check(pconf, config);
    if (!problem && config->api_mounted && !config->api_credentials)
        problem = "the simulator's API is mounted, but nobody could use it: set MinitwitApiCredentials to a file with "
                  "the line user:password";
    if (!problem && config->metrics_mounted)
        problem = mt_ops_watch_check();
    /* Hosts without directives of this module share the main server's configuration. */
    if (!problem && config->site_mounted && !config->site)
        problem = mt_web_site_load(pconf, config->templates, &config->site);
    return problem;
}

int mt_directives_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *first)
{
    (void)plog;
    for (server_rec *server = first; server; server = server->next) {
        mt_config_t *config = ap_get_module_config(server->module_config, &minitwit_module);
        fill_in(config);
        if (!config->mounted_at)
            continue;
        const char *problem = check_host(pconf, config);
        if (problem) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, server, "%s (MiniTwit is mounted at %s)", problem,
                         config->mounted_at);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    mt_username_reserve(pconf, first);
    mt_dbd_warn(first);
    mt_secretfile_warn(ptemp, first);
    return OK;
}
