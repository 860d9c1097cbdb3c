/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/template_source.h"

#include "core/file.h"
#include "core/utf8.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

/* Bytes. A larger file cannot be a page. */
#define SOURCE_SIZE_MAX (1024 * 1024)

const char *mt_template_source_fail(apr_pool_t *pool, const mt_template_source_t *source, int line, const char *format,
                                    ...)
{
    va_list arguments;
    const char *problem;

    va_start(arguments, format);
    problem = apr_pvsprintf(pool, format, arguments);
    va_end(arguments);
    return apr_psprintf(pool, "%s:%d: %s", source->path, line, problem);
}

/* A page must not contain a NUL or invalid UTF-8. */
static const char *check_encoding(apr_pool_t *pool, const mt_template_source_t *source)
{
    const char *start = source->at;
    int line;

    for (line = 1; start < source->end; line++) {
        const char *end = memchr(start, '\n', (size_t)(source->end - start));
        apr_size_t len;

        end = end ? end + 1 : source->end;
        len = (apr_size_t)(end - start);
        if (memchr(start, '\0', len) || !mt_utf8_is_valid(start, len))
            return mt_template_source_fail(pool, source, line,
                                           "this line is not valid UTF-8; save the file in this encoding");
        start = end;
    }
    return NULL;
}

const char *mt_template_source_load(apr_pool_t *pool, const char *dir, const char *name, mt_template_source_t *source)
{
    static const char mark[] = "\xef\xbb\xbf";
    char *text;
    apr_size_t len;
    apr_status_t status;

    source->path = apr_pstrcat(pool, dir, "/", name, NULL);
    source->line = 1;
    source->outside = 0;
    source->parent = NULL;
    status = mt_file_read(pool, source->path, SOURCE_SIZE_MAX, &text, &len);
    if (status == APR_ENOSPC)
        return apr_psprintf(pool, "%s: is larger than %d bytes; a template must be smaller", source->path,
                            SOURCE_SIZE_MAX);
    if (status != APR_SUCCESS) {
        char reason[128];

        return apr_psprintf(pool, "%s: could not be read: %s; check that the file exists and that httpd may read it",
                            source->path, apr_strerror(status, reason, sizeof(reason)));
    }
    source->start = text;
    source->end = text + len;
    /* Some editors write a byte order mark first, which would appear in the middle of the page. */
    if (len >= sizeof(mark) - 1 && !memcmp(text, mark, sizeof(mark) - 1))
        source->start += sizeof(mark) - 1;
    source->at = source->start;
    return check_encoding(pool, source);
}
