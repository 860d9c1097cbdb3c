/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "http/secretfile.h"

#include "core/file.h"
#include "core/utf8.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(minitwit);

#define FILE_SIZE_MAX 65536
#define LINE_SIZE_MAX 1024

#define SAVE_AGAIN "save the file as UTF-8 without a byte order mark, with user:password as its first line"

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Returns the fault of a file that is not UTF-8 text, or NULL. */
static const char *check_encoding(const char *data, apr_size_t len, const char *line)
{
    if (strncmp(data, "\xEF\xBB\xBF", 3) == 0)
        return "the file begins with a byte order mark, which would be a part of the user's name: " SAVE_AGAIN;
    if (strncmp(data, "\xFF\xFE", 2) == 0 || strncmp(data, "\xFE\xFF", 2) == 0 || strlen(data) != len)
        return "the file is UTF-16 or not text: " SAVE_AGAIN;
    if (!mt_utf8_is_valid(line, strlen(line)))
        return "the first line is not UTF-8: " SAVE_AGAIN;
    return NULL;
}

/* Returns the fault of the first line, or NULL. */
static const char *check_line(const char *line)
{
    const char *colon = strchr(line, ':');
    apr_size_t len = strlen(line);

    if (len == 0)
        return "the first line is empty: it must be user:password";
    if (line[0] == '#')
        return "the first line is a comment, but the file cannot have comments: its first line must be user:password";
    if (len >= LINE_SIZE_MAX)
        return "the first line is too long for user:password";
    if (!colon)
        return "the first line has no colon: it must be user:password";
    if (colon == line)
        return "the user's name before the colon is empty: the first line must be user:password";
    if (colon[1] == '\0')
        return "the password after the colon is empty: the first line must be user:password";
    if (is_blank(line[0]) || is_blank(colon[-1]) || is_blank(colon[1]) || is_blank(line[len - 1]))
        return "the first line has a blank at one of its ends or beside the first colon, which would be a part of the "
               "name or the password: write user:password without blanks around them";
    if (mt_utf8_has_control(line))
        return "the first line has a control character, which no client sends: write user:password again by hand";
    return NULL;
}

const char *mt_secretfile_read(apr_pool_t *pool, const char *path, const char **credentials)
{
    char *data;
    apr_size_t len;
    apr_status_t rv = mt_file_read(pool, path, FILE_SIZE_MAX, &data, &len);

    if (rv == APR_ENOSPC)
        return apr_psprintf(pool, "the file is larger than %d bytes: name a file whose first line is user:password",
                            FILE_SIZE_MAX);
    if (rv != APR_SUCCESS)
        return apr_psprintf(pool,
                            "could not read it: %pm: name a file that root can read, whose first line is "
                            "user:password",
                            &rv);
    const char *line = apr_pstrmemdup(pool, data, strcspn(data, "\r\n"));
    const char *problem = check_encoding(data, len, line);
    if (!problem)
        problem = check_line(line);
    if (!problem)
        *credentials = line;
    return problem;
}

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
