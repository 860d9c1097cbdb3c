/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/ctl.h"

#include "core/integer.h"

#include <apr_strings.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void complain(const mt_ctl_t *ctl, const char *format, va_list arguments)
{
    fprintf(stderr, "%s%s%s: ", ctl->program, ctl->command ? " " : "", ctl->command ? ctl->command : "");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void mt_ctl_complain(const mt_ctl_t *ctl, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    complain(ctl, format, arguments);
    va_end(arguments);
}

int mt_ctl_fail(const mt_ctl_t *ctl, const char *message)
{
    mt_ctl_complain(ctl, "%s", message);
    return MT_CTL_FAILED;
}

int mt_ctl_finish(const mt_ctl_t *ctl, const char *message)
{
    return message ? mt_ctl_fail(ctl, message) : MT_CTL_OK;
}

const char *mt_ctl_join(const mt_ctl_t *ctl, const char *first, const char *second)
{
    if (!first || !second)
        return first ? first : second;
    return apr_psprintf(ctl->pool, "%s\n%s%s%s: %s", first, ctl->program, ctl->command ? " " : "",
                        ctl->command ? ctl->command : "", second);
}

/* Prints the hint at --help. */
static int give_hint(const mt_ctl_t *ctl)
{
    fprintf(stderr, "Try \"minitwitctl%s%s --help\".\n", ctl->command ? " " : "", ctl->command ? ctl->command : "");
    return MT_CTL_USAGE;
}

int mt_ctl_refuse(const mt_ctl_t *ctl, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    complain(ctl, format, arguments);
    va_end(arguments);
    return give_hint(ctl);
}

int mt_ctl_number(const mt_ctl_t *ctl, const char *option, apr_int64_t max, const char **text)
{
    apr_int64_t value;

    if (!*text)
        return MT_CTL_GO_ON;
    if (!mt_integer_parse(*text, &value) || value < 1 || value > max)
        return mt_ctl_refuse(ctl, "--%s must be a number from 1 to %" APR_INT64_T_FMT, option, max);
    *text = apr_psprintf(ctl->pool, "%" APR_INT64_T_FMT, value);
    return MT_CTL_GO_ON;
}

const char *mt_ctl_connect(const mt_ctl_t *ctl, PGconn **pg)
{
    return mt_ctl_connect_to(ctl, NULL, pg);
}

const char *mt_ctl_connect_to(const mt_ctl_t *ctl, const char *database, PGconn **pg)
{
    /* libpq expands a connection string or URI only in the first dbname, so the second one replaces its database. libpq
     * ignores empty values. */
    const char *const keywords[] = { "fallback_application_name", "dbname", "dbname", "client_encoding", NULL };
    const char *const values[] = { "minitwitctl", ctl->dsn, database, "UTF8", NULL };

    *pg = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(*pg) == CONNECTION_OK) {
        /* The time-out is meant for the site, not for the long work of operators. PostgreSQL 17 introduced it. */
        if (PQserverVersion(*pg) >= 170000)
            PQclear(PQexec(*pg, "set transaction_timeout to 0"));
        return NULL;
    }
    const char *reason = PQerrorMessage(*pg);
    const char *message = apr_psprintf(ctl->pool, "could not connect to the database: %.*s", (int)strcspn(reason, "\n"),
                                       *reason ? reason : "out of memory");
    PQfinish(*pg);
    *pg = NULL;
    return message;
}

const char *mt_ctl_print(const char *text)
{
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0 && !ferror(stdout))
        return NULL;
    return "could not write to standard output";
}

int mt_ctl_parse(mt_ctl_t *ctl, int argc, char **argv, const char *help, const mt_ctl_option_t *own)
{
    int count = 0, found;

    while (own[count].name)
        count++;
    struct option *options = apr_pcalloc(ctl->pool, (size_t)(count + 3) * sizeof(*options));
    for (int i = 0; i < count; i++)
        options[i] = (struct option){ own[i].name, own[i].text ? required_argument : no_argument, own[i].flag, 1 };
    options[count] = (struct option){ "dsn", required_argument, NULL, 'd' };
    options[count + 1] = (struct option){ "help", no_argument, NULL, 'h' };

    /* 0 resets getopt_long. "+" stops it at the command's name, because each command reads its own options. */
    optind = 0;
    for (int i = 0; (found = getopt_long(argc, argv, ctl->command ? "" : "+", options, &i)) != -1;) {
        if (found == 'd')
            ctl->dsn = optarg;
        else if (found == 'h')
            return mt_ctl_finish(ctl, mt_ctl_print(help));
        else if (found == '?')
            return give_hint(ctl);
        else if (own[i].text)
            *own[i].text = optarg;
    }
    ctl->operands = argv + optind;
    ctl->operand_count = argc - optind;
    if (ctl->command && ctl->operand_count > ctl->operands_max)
        return mt_ctl_refuse(ctl, "unexpected argument \"%s\"", ctl->operands[ctl->operands_max]);
    return MT_CTL_GO_ON;
}

int mt_ctl_parse_one(mt_ctl_t *ctl, int argc, char **argv, const char *help, const mt_ctl_option_t *own,
                     const char *operand)
{
    ctl->operands_max = 1;
    int status = mt_ctl_parse(ctl, argc, argv, help, own);
    return status == MT_CTL_GO_ON && ctl->operand_count == 0 ? mt_ctl_refuse(ctl, "missing argument: %s", operand)
                                                             : status;
}
