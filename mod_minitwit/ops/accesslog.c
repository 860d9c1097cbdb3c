/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/accesslog.h"

#include "core/escape.h"
#include "core/timestamp.h"
#include "http/request.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_log_config.h>

/* Several processes may log to one pipe. The kernel keeps their lines apart only up to PIPE_BUF bytes (4,096) per
 * write. The letter without an item stays below that limit, and leaves some room for the rest of the line. */
#define MEMBERS_MAX 3900

/* One line of the log. After an internal redirect, for example to an ErrorDocument, there are several request_recs. The
 * first one describes the request that came in, and the last one the answer. */
typedef struct line_t {
    const request_rec *first;
    const request_rec *last;
    const mt_request_t *request; /* of the first one whose path is mounted; NULL: none is */
    mt_buffer_t json;
    int is_limited; /* 1: cut strings to item_t.max */
} line_t;

typedef struct item_t {
    const char *name;
    const char *key; /* the name as a JSON key, with a comma before it */
    apr_size_t key_len;
    void (*append)(line_t *line, apr_size_t max);
    apr_size_t max; /* bytes of a string in a limited line; all of them together fit into MEMBERS_MAX */
} item_t;

static void append_bytes(line_t *line, const char *data, apr_size_t len, apr_size_t max)
{
    mt_escape_json_bytes(&line->json, data, len, line->is_limited ? max : MT_ESCAPE_UNLIMITED);
}

static void append_text(line_t *line, const char *text, apr_size_t max)
{
    if (text)
        append_bytes(line, text, strlen(text), max);
    else
        mt_buffer_append(&line->json, "null", 4);
}

static void append_number(line_t *line, apr_int64_t number)
{
    char digits[24];
    char *start = digits + sizeof(digits);

    number = number > 0 ? number : 0;
    do {
        *--start = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    mt_buffer_append(&line->json, start, (apr_size_t)(digits + sizeof(digits) - start));
}

/* Appends milliseconds with three decimal places. */
static void append_duration(line_t *line, apr_interval_time_t time)
{
    time = time > 0 ? time : 0;
    apr_int64_t micros = time % 1000;
    char fraction[] = { '.', (char)('0' + micros / 100), (char)('0' + micros / 10 % 10), (char)('0' + micros % 10) };

    append_number(line, time / 1000);
    mt_buffer_append(&line->json, fraction, sizeof(fraction));
}

static void append_time(line_t *line, apr_size_t max)
{
    char text[MT_TIMESTAMP_SIZE];
    append_text(line, mt_timestamp_format_rfc3339(text, line->first->request_time), max);
}

static void append_request_id(line_t *line, apr_size_t max)
{
    append_text(line, line->request ? line->request->r->log_id : line->first->log_id, max);
}

static void append_client(line_t *line, apr_size_t max)
{
    append_text(line, line->first->useragent_ip, max);
}

static void append_user(line_t *line, apr_size_t max)
{
    append_text(line, line->request && line->request->user ? line->request->user : line->last->user, max);
}

static void append_handler(line_t *line, apr_size_t max)
{
    append_text(line, line->request ? line->request->handler->name : NULL, max);
}

static void append_route(line_t *line, apr_size_t max)
{
    const mt_request_t *request = line->request;
    append_text(line, !request ? NULL : request->label ? request->label : "other", max);
}

/* Reads the method as sent from the request line. httpd stores the line with one blank between its words, even if it
 * rejected the request. */
static void append_method(line_t *line, apr_size_t max)
{
    const char *text = line->first->the_request;
    apr_size_t len = text ? strcspn(text, " ") : 0;

    if (len > 0)
        append_bytes(line, text, len, max);
    else
        append_text(line, NULL, max);
}

/* Omits the scheme, account and host, and the query, which may contain secrets. */
static void append_path(line_t *line, apr_size_t max)
{
    const char *text = line->first->the_request ? strchr(line->first->the_request, ' ') : NULL;
    if (!text) {
        append_text(line, NULL, max);
        return;
    }
    const char *path = text + 1;
    const char *end = path + strcspn(path, " ?");
    if (*path != '/') {
        const char *scheme = strstr(path, "://");
        if (scheme && scheme < end) {
            const char *slash = memchr(scheme + 3, '/', (apr_size_t)(end - scheme - 3));
            path = slash ? slash : end;
        }
    }
    append_bytes(line, path, (apr_size_t)(end - path), max);
}

static void append_status(line_t *line, apr_size_t max)
{
    (void)max;
    append_number(line, line->last->status);
}

static void append_content_type(line_t *line, apr_size_t max)
{
    int status = line->last->status;
    int has_body = status != HTTP_NO_CONTENT && status != HTTP_NOT_MODIFIED;
    append_text(line, has_body ? line->last->content_type : NULL, max);
}

static void append_duration_ms(line_t *line, apr_size_t max)
{
    const mt_request_t *last = mt_request_get(line->last);
    const mt_request_t *request = last && last->duration >= 0 ? last : line->request;

    (void)max;
    append_duration(line,
                    request && request->duration >= 0 ? request->duration : apr_time_now() - line->first->request_time);
}

static void append_database_ms(line_t *line, apr_size_t max)
{
    if (!line->request) {
        append_text(line, NULL, max);
        return;
    }
    apr_interval_time_t time = 0;
    for (const request_rec *r = line->first; r; r = r->next) {
        const mt_request_t *request = mt_request_get(r);
        if (!request)
            continue;
        time += request->timing.connecting;
        for (int id = 0; id < MT_STATEMENT_COUNT; id++)
            time += request->timing.statements[id];
    }
    append_duration(line, time);
}

static const char *get_response_header(const line_t *line, const char *name)
{
    const char *value = apr_table_get(line->last->headers_out, name);
    return value ? value : apr_table_get(line->last->err_headers_out, name);
}

/* Omits the query, because a redirect by httpd itself may contain the query of the request. */
static void append_redirect(line_t *line, apr_size_t max)
{
    const char *location = get_response_header(line, "Location");
    if (location)
        append_bytes(line, location, strcspn(location, "?"), max);
    else
        append_text(line, NULL, max);
}

static void append_user_agent(line_t *line, apr_size_t max)
{
    append_text(line, apr_table_get(line->first->headers_in, "User-Agent"), max);
}

#define NAME_AND_KEY(name) name, ",\"" name "\":", sizeof(",\"" name "\":") - 1

static const item_t items[] = {
    { NAME_AND_KEY("time"), append_time, 32 },
    { NAME_AND_KEY("request_id"), append_request_id, 128 },
    { NAME_AND_KEY("client"), append_client, 48 },
    { NAME_AND_KEY("user"), append_user, 1020 },
    { NAME_AND_KEY("handler"), append_handler, 32 },
    { NAME_AND_KEY("route"), append_route, 32 },
    { NAME_AND_KEY("method"), append_method, 32 },
    { NAME_AND_KEY("path"), append_path, 1200 },
    { NAME_AND_KEY("status"), append_status, 0 },
    { NAME_AND_KEY("content_type"), append_content_type, 128 },
    { NAME_AND_KEY("duration_ms"), append_duration_ms, 0 },
    { NAME_AND_KEY("database_ms"), append_database_ms, 0 },
    { NAME_AND_KEY("redirect"), append_redirect, 300 },
    { NAME_AND_KEY("user_agent"), append_user_agent, 600 },
    { .name = NULL },
};

static const item_t *find_item(const char *name)
{
    for (const item_t *item = items; item->name; item++) {
        if (strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

static void append_members(line_t *line)
{
    for (const item_t *item = items; item->name; item++) {
        apr_size_t skip = item == items; /* the comma */
        mt_buffer_append(&line->json, item->key + skip, item->key_len - skip);
        item->append(line, item->max);
    }
}

static const char *skip_prefix(const char *text, const char *prefix)
{
    apr_size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* The values of these headers are credentials. */
static int is_secret(const char *header)
{
    static const char *const secrets[] = { "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", NULL };

    for (const char *const *secret = secrets; *secret; secret++) {
        if (strcasecmp(header, *secret) == 0)
            return 1;
    }
    return 0;
}

/* mod_log_config passes the name only when it logs a request, so a wrong name cannot be an error at startup. Writes
 * null for an unknown item and for a secret header. */
static void append_named(line_t *line, const char *name)
{
    const item_t *item = find_item(name);
    const char *request_header = skip_prefix(name, "req:");
    const char *response_header = skip_prefix(name, "resp:");
    const char *value = NULL;

    if (item) {
        item->append(line, MT_ESCAPE_UNLIMITED);
        return;
    }
    if (request_header && !is_secret(request_header))
        value = apr_table_get(line->first->headers_in, request_header);
    else if (response_header && !is_secret(response_header))
        value = get_response_header(line, response_header);
    append_text(line, value, MT_ESCAPE_UNLIMITED);
}

/* Called by mod_log_config. The result goes into the line unchanged. */
static const char *write_letter(request_rec *r, char *argument)
{
    line_t line = { .first = r, .last = r };

    while (line.first->prev)
        line.first = line.first->prev;
    while (line.last->next)
        line.last = line.last->next;
    for (const request_rec *one = line.first; one && !line.request; one = one->next)
        line.request = mt_request_get(one);
    mt_buffer_init(&line.json, r->pool, 1024);
    if (*argument) {
        append_named(&line, argument);
        return mt_buffer_text(&line.json);
    }
    append_members(&line);
    if (line.json.len > MEMBERS_MAX) {
        line.json.len = 0;
        line.is_limited = 1;
        append_members(&line);
    }
    return mt_buffer_text(&line.json);
}

void mt_ops_accesslog_register(apr_pool_t *pool)
{
    /* A name that begins with a circumflex has three characters, so it replaces none of httpd's letters. */
    static char letter[] = "^mt";
    APR_OPTIONAL_FN_TYPE(ap_register_log_handler) *register_letter = APR_RETRIEVE_OPTIONAL_FN(ap_register_log_handler);
    if (register_letter)
        register_letter(pool, letter, write_letter, 0);
}
