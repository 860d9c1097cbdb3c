/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/logformat.h"

#include "ops/accesslog.h"

#include <apr_strings.h>

static const char *skip_prefix(const char *text, const char *prefix)
{
    apr_size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static const char *check_item(apr_pool_t *pool, const char *name)
{
    static const char *const secrets[] = { "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", NULL };
    const char *header = skip_prefix(name, "req:");

    if (!*name || mt_ops_accesslog_has_item(name))
        return NULL;
    if (!header)
        header = skip_prefix(name, "resp:");
    if (!header || !*header)
        return apr_psprintf(pool,
                            "%%{%s}" MT_ACCESSLOG_LETTER
                            ": there is no such item; docs/logging.md lists them, and req:NAME and "
                            "resp:NAME stand for a header of the request or the response",
                            name);
    for (const char *const *secret = secrets; *secret; secret++) {
        if (strcasecmp(header, *secret) == 0)
            return apr_psprintf(pool, "%%{%s}" MT_ACCESSLOG_LETTER ": this header holds secrets, which no log may",
                                name);
    }
    return NULL;
}

static const char *check(apr_pool_t *pool, const char *format)
{
    const char *problem = NULL;

    while (!problem && (format = strchr(format, '%'))) {
        const char *argument = "";
        format += 1 + strspn(format + 1, "!<>,0123456789");
        while (*format == '{') {
            format++;
            argument = ap_getword(pool, &format, '}');
            format += strspn(format, "!<>,0123456789");
        }
        const char *rest = skip_prefix(format, MT_ACCESSLOG_LETTER);
        if (rest)
            problem = check_item(pool, argument);
        /* The letter itself may be another %. */
        if (*format)
            format = rest ? rest : format + 1;
    }
    return problem;
}

/* Without mod_log_config nobody else knows these directives, so it is for this module to refuse them. */
static const char *check_format(cmd_parms *cmd, const char *format)
{
    if (!mt_ops_accesslog_is_possible())
        return apr_pstrcat(cmd->pool, cmd->cmd->name, " needs mod_log_config, which is not loaded", NULL);
    const char *problem = format ? check(cmd->pool, format) : NULL;
    return problem ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", problem, NULL) : NULL;
}

const char *mt_ops_logformat_check(cmd_parms *cmd, void *mount, const char *format, const char *nickname)
{
    (void)mount;
    (void)nickname;
    return check_format(cmd, format);
}

const char *mt_ops_logformat_check_log(cmd_parms *cmd, void *mount, const char *file, const char *format,
                                       const char *condition)
{
    (void)mount;
    (void)file;
    (void)condition;
    return check_format(cmd, format);
}
