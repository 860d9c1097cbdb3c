/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "directives.h"

#include "core/integer.h"
#include "http/dbd.h"
#include "http/mount.h"
#include "http/secretfile.h"
#include "http/username.h"
#include "ops/watch.h"
#include "web/site.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stddef.h>
#include <unistd.h>

APLOG_USE_MODULE(minitwit);

/* mt_directives is the only list of the directives. Most of its rows carry a directive_t, which describes a field of
 * mt_config_t. The functions that create, merge and complete a configuration go through these rows. So a new directive
 * needs only its field in http/config.h, its row here and its section in docs/directives.md. */

#define UNSET (-1) /* in a number or a flag; an unset text is NULL */

typedef enum kind_t {
    KIND_COUNT, /* the fields of the first three are apr_int64_t */
    KIND_MEBIBYTES,
    KIND_DURATION, /* microseconds in the field, seconds in the row */
    KIND_TEXT,     /* a const char * */
    KIND_FLAG      /* an int */
} kind_t;

typedef enum scope_t {
    PER_HOST,
    SERVER_WIDE /* not allowed in a <VirtualHost> */
} scope_t;

typedef struct directive_t {
    kind_t kind;
    apr_size_t offset; /* of the field in mt_config_t */
    apr_int64_t min, max;
    double preset; /* the default of a number or a flag; UNSET: computed later */
    const char *preset_text;
    scope_t scope;
} directive_t;

static apr_int64_t *number_at(mt_config_t *config, const directive_t *directive)
{
    return (apr_int64_t *)((char *)config + directive->offset);
}

static const char **text_at(mt_config_t *config, const directive_t *directive)
{
    return (const char **)((char *)config + directive->offset);
}

static int *flag_at(mt_config_t *config, const directive_t *directive)
{
    return (int *)((char *)config + directive->offset);
}

static apr_int64_t scale_of(const directive_t *directive)
{
    return directive->kind == KIND_DURATION ? APR_USEC_PER_SEC : 1;
}

static mt_config_t *config_of(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &minitwit_module);
}

/* ---- setting a field --------------------------------------------------------------------------------------------- */

/* Reads a time: days (30d), or one of httpd's forms (1h, 5min, 30s, 200ms). *value is in microseconds. */
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
    const directive_t *directive = cmd->info;
    int is_duration = directive->kind == KIND_DURATION;
    apr_int64_t value;
    apr_int64_t scale = scale_of(directive);

    if (directive->scope == SERVER_WIDE) {
        const char *problem = ap_check_cmd_context(cmd, GLOBAL_ONLY);
        if (problem)
            return problem;
    }
    int is_read = is_duration ? parse_duration(cmd->pool, text, &value) : mt_integer_parse(text, &value);
    if (!is_read || value < directive->min * scale || value > directive->max * scale || (is_duration && value == 0))
        return apr_psprintf(
            cmd->pool, "%s %s: the value must be %s %s %" APR_INT64_T_FMT "%s %s %" APR_INT64_T_FMT "%s",
            cmd->cmd->name, text,
            is_duration                         ? "a time (200ms, 5s, 10min, 1h, 30d)"
            : directive->kind == KIND_MEBIBYTES ? "a number of MiB"
                                                : "a whole number",
            is_duration && directive->min == 0 ? "greater than" : "from", directive->min, is_duration ? "s" : "",
            is_duration && directive->min == 0 ? "and at most" : "to", directive->max, is_duration ? "s" : "");
    *number_at(config_of(cmd), directive) = value;
    return NULL;
}

/* mod_dbd reports the mistakes in its directives. */
static const char *note_number(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    mt_integer_parse(text, number_at(config_of(cmd), cmd->info));
    return NULL;
}

static const char *note_text(cmd_parms *cmd, void *mount, const char *text)
{
    (void)mount;
    *text_at(config_of(cmd), cmd->info) = text;
    return NULL;
}

static const char *set_flag(cmd_parms *cmd, void *mount, int value)
{
    (void)mount;
    *flag_at(config_of(cmd), cmd->info) = value;
    return NULL;
}

static const char *set_templates(cmd_parms *cmd, void *mount, const char *dir)
{
    const char *path = ap_server_root_relative(cmd->pool, dir);
    if (!path)
        return apr_pstrcat(cmd->pool, cmd->cmd->name, ": \"", dir, "\" is not a valid path", NULL);
    return note_text(cmd, mount, path);
}

/* Reads the credentials from the first line of a file, because mod_info may show the configuration. */
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
                            "%s: could not read \"%s\": %pm: name a file that root can read, with the line "
                            "user:password",
                            cmd->cmd->name, name, &rv);
    if (strlen(line) == sizeof(line) - 1)
        return apr_psprintf(cmd->pool, "%s: the first line of \"%s\" is too long for user:password", cmd->cmd->name,
                            name);
    line[strcspn(line, "\r\n")] = '\0';
    const char *colon = strchr(line, ':');
    if (!colon || colon == line || colon[1] == '\0')
        return apr_psprintf(cmd->pool, "%s: the first line of \"%s\" must be user:password", cmd->cmd->name, name);
    config_of(cmd)->api_credentials_file = path;
    return note_text(cmd, mount, apr_pstrdup(cmd->pool, line));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

#define DESCRIBE(...) ((void *)&(const directive_t){ __VA_ARGS__ })

#define DESCRIBE_NUMBER(field, unit, least, most, value, where)                                                        \
    DESCRIBE(.kind = KIND_##unit, .offset = offsetof(mt_config_t, field), .min = (least), .max = (most),               \
             .preset = (value), .scope = (where))

#define NUMBER(name, field, unit, min, max, preset, scope, help)                                                       \
    AP_INIT_TAKE1(name, set_number, DESCRIBE_NUMBER(field, unit, min, max, preset, scope), RSRC_CONF, help)

#define NOTED_NUMBER(name, field, preset, help)                                                                        \
    AP_INIT_TAKE1(name, note_number, DESCRIBE_NUMBER(field, COUNT, 0, 0, preset, PER_HOST), RSRC_CONF, help)

#define TEXT(name, set, field, text, help)                                                                             \
    AP_INIT_TAKE1(name, set,                                                                                           \
                  DESCRIBE(.kind = KIND_TEXT, .offset = offsetof(mt_config_t, field), .preset_text = (text)),          \
                  RSRC_CONF, help)

#define FLAG(name, field, value, help)                                                                                 \
    AP_INIT_FLAG(name, set_flag,                                                                                       \
                 DESCRIBE(.kind = KIND_FLAG, .offset = offsetof(mt_config_t, field), .preset = (value)), RSRC_CONF,    \
                 help)

const command_rec mt_directives[] = {
    TEXT("MinitwitTemplates", set_templates, templates, MT_TEMPLATES_DIR,
         "the folder of the HTML templates and static files"),
    TEXT("MinitwitApiCredentials", set_api_credentials, api_credentials, NULL,
         "a file with the simulator's credentials: its first line is user:password"),
    NUMBER("MinitwitApiRowLimit", api_rows_max, COUNT, 1, 10000000, 100000, PER_HOST,
           "the maximum number of rows in one API answer"),
    NUMBER("MinitwitApiSizeLimit", api_size_max, MEBIBYTES, 1, 1024, 32, PER_HOST,
           "the maximum size of one API answer, in MiB"),
    NUMBER("MinitwitBodyLimit", body_max, COUNT, 1024, 16 * 1024 * 1024, 65536, PER_HOST,
           "the maximum size of a request body, in bytes"),
    NUMBER("MinitwitMessageLimit", message_max, COUNT, 1, 100000, 1000, PER_HOST,
           "the maximum length of a message, in characters"),
    NUMBER("MinitwitSessionLifetime", session_lifetime, DURATION, 60, 10 * 365 * 86400LL, 30 * 86400, PER_HOST,
           "the time from login to the end of a session"),
    FLAG("MinitwitProxyTLS", proxy_tls, 0,
         "On: a proxy in front of httpd terminates TLS, so cookies are for https only"),
    FLAG("MinitwitGravatar", gravatar, 0, "On: avatars come from gravatar.com instead of this site"),
    NUMBER("MinitwitDatabaseTimeout", database_timeout, DURATION, 0, 60, 1, PER_HOST,
           "the maximum time of one statement"),
    NUMBER("MinitwitPoolTimeout", pool_timeout, DURATION, 0, 60, UNSET, PER_HOST,
           "the maximum time that a request waits for a database connection"),
    NUMBER("MinitwitSlowRequest", slow_request, DURATION, 0, 3600, 0.3, PER_HOST,
           "log requests that take at least this long, with the parts of their time"),
    NUMBER("MinitwitPasswordMemory", password_memory, MEBIBYTES, 1, MT_PASSWORD_MEMORY_MAX, MT_PASSWORD_MEMORY_PRESET,
           PER_HOST, "memory of one Argon2id hash, in MiB"),
    NUMBER("MinitwitPasswordPasses", password_passes, COUNT, 1, 16, MT_PASSWORD_PASSES_PRESET, PER_HOST,
           "passes of one Argon2id hash"),
    NUMBER("MinitwitHashLimit", hash_max, COUNT, 1, 1024, UNSET, SERVER_WIDE,
           "the maximum number of concurrent password hashes, over the whole server"),
    NUMBER("MinitwitHashQueue", hash_queue, COUNT, 0, 16384, UNSET, SERVER_WIDE,
           "the maximum number of requests that wait for a password hash, over the whole server"),
    NUMBER("MinitwitHashWait", hash_wait, DURATION, 0, 60, 2, SERVER_WIDE,
           "the maximum time that a request waits for a password hash"),
    NUMBER("MinitwitLoginLimit", login_limit, COUNT, 0, 1000, 5, PER_HOST,
           "wrong passwords for one account from one address before logins are throttled"),
    NUMBER("MinitwitLoginDelay", login_delay, DURATION, 1, 60, 15, PER_HOST,
           "the time between the attempts of a throttled login"),
    FLAG("MinitwitCache", cache, 1, "Off: do not cache rendered answers"),
    NUMBER("MinitwitCacheLifetime", cache_lifetime, DURATION, 0, 3600, 1, PER_HOST,
           "the maximum age of an answer from the cache"),
    NUMBER("MinitwitCacheSize", cache_size, MEBIBYTES, 4, 4096, 128, SERVER_WIDE,
           "shared memory for the cache, in MiB, over the whole server"),
    NUMBER("MinitwitMetricsInterval", metrics_interval, DURATION, 0, 3600, 15, SERVER_WIDE,
           "the interval at which metrics are read from the database"),

    /* Directives of the core and of mod_dbd that this module also reads. The defaults are those of mod_dbd. */
    AP_INIT_TAKE1("SetHandler", mt_mount_set_handler, NULL, OR_FILEINFO, "a handler name or an expression"),
    TEXT("DBDriver", note_text, dbd_driver, NULL, "SQL driver"),
    TEXT("DBDParams", note_text, dbd_params, NULL, "SQL driver parameters"),
    NOTED_NUMBER("DBDMin", dbd_min, 1, "minimum number of connections"),
    NOTED_NUMBER("DBDKeep", dbd_keep, 2, "maximum number of sustained connections"),
    NOTED_NUMBER("DBDMax", dbd_max, 10, "maximum number of connections"),
    NOTED_NUMBER("DBDExptime", dbd_exptime, 300, "time to keep surplus connections open, in seconds"),
    { .name = NULL },
};

/* ---- create and merge -------------------------------------------------------------------------------------------- */

/* The row's description; NULL for a row that sets no field. */
static const directive_t *describe(const command_rec *row)
{
    return row->cmd_data;
}

static int is_unset(mt_config_t *config, const directive_t *directive)
{
    if (directive->kind == KIND_TEXT)
        return !*text_at(config, directive);
    if (directive->kind == KIND_FLAG)
        return *flag_at(config, directive) == UNSET;
    return *number_at(config, directive) == UNSET;
}

static void unset(mt_config_t *config, const directive_t *directive)
{
    if (directive->kind == KIND_TEXT)
        *text_at(config, directive) = NULL;
    else if (directive->kind == KIND_FLAG)
        *flag_at(config, directive) = UNSET;
    else
        *number_at(config, directive) = UNSET;
}

static void inherit(mt_config_t *config, mt_config_t *base, const directive_t *directive)
{
    if (directive->kind == KIND_TEXT)
        *text_at(config, directive) = *text_at(base, directive);
    else if (directive->kind == KIND_FLAG)
        *flag_at(config, directive) = *flag_at(base, directive);
    else
        *number_at(config, directive) = *number_at(base, directive);
}

static void preset(mt_config_t *config, const directive_t *directive)
{
    if (directive->kind == KIND_TEXT)
        *text_at(config, directive) = directive->preset_text;
    else if (directive->kind == KIND_FLAG)
        *flag_at(config, directive) = (int)directive->preset;
    else
        *number_at(config, directive) = (apr_int64_t)(directive->preset * (double)scale_of(directive));
}

void *mt_directives_create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    mt_config_t *config = apr_pcalloc(pool, sizeof(*config));
    for (const command_rec *row = mt_directives; row->name; row++) {
        if (describe(row))
            unset(config, describe(row));
    }
    config->sections = apr_array_make(pool, 4, sizeof(mt_section_t));
    return config;
}

void *mt_directives_merge(apr_pool_t *pool, void *outer, void *inner)
{
    mt_config_t *merged = apr_pmemdup(pool, inner, sizeof(*merged));
    mt_config_t *base = outer;

    for (const command_rec *row = mt_directives; row->name; row++) {
        if (describe(row) && is_unset(merged, describe(row)))
            inherit(merged, base, describe(row));
    }
    /* The second field of MinitwitApiCredentials, which has no row. */
    if (!merged->api_credentials_file)
        merged->api_credentials_file = base->api_credentials_file;
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
        if (describe(row) && is_unset(config, describe(row)))
            preset(config, describe(row));
    }
    config->password_cost.memory = (apr_size_t)config->password_memory * 1024 * 1024;
    config->password_cost.passes = (unsigned)config->password_passes;
    if (config->hash_max < 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        config->hash_max = cores > 0 ? cores : 1;
    }
}

static const char *check_host(apr_pool_t *pconf, mt_config_t *config)
{
    const char *problem = mt_dbd_check(pconf, config);
    if (!problem && config->api_mounted && !config->api_credentials)
        problem = "the simulator's API is mounted without credentials: set MinitwitApiCredentials to a file with "
                  "the line user:password";
    if (!problem && config->metrics_mounted)
        problem = mt_ops_watch_check();
    /* A host without directives of this module shares the main server's configuration, and so a site that is loaded. */
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
