/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/ctl.h"

#include "core/escape.h"
#include "core/integer.h"
#include "ctl/suggest.h"

#include <apr_strings.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds for each host. Without it, libpq would wait for minutes for a host that is switched off, before it goes on to
 * the next one. */
#define CONNECT_TIMEOUT "10"

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
    if (ctl->as_json) {
        mt_buffer_t json;

        mt_buffer_init(&json, ctl->pool, 256);
        mt_buffer_append_text(&json, "{\"error\":");
        mt_escape_json(&json, message);
        mt_buffer_append_text(&json, "}\n");
        fputs(mt_buffer_text(&json), stdout);
    }
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

/* Without --dsn and PGUSER, libpq takes the name of the account for the role and the database. So the message names
 * both, and how to choose others. */
static const char *describe_refusal(const mt_ctl_t *ctl, const PGconn *pg)
{
    const char *reason = PQerrorMessage(pg);
    const char *role = PQuser(pg), *database = PQdb(pg);
    const char *hint = "Check that PostgreSQL runs there. To name another server, use --dsn, or PGHOST and PGPORT.";

    if (*reason && !role)
        hint = "Correct the connection string of --dsn, or the environment variable.";
    /* The server has answered. */
    else if (strstr(reason, "FATAL:"))
        hint = apr_psprintf(ctl->pool,
                            "The role was \"%s\" and the database \"%s\". To name others, use "
                            "--dsn 'dbname=minitwit user=minitwit_owner', or PGDATABASE and PGUSER.",
                            role ? role : "", database ? database : "");
    return apr_psprintf(ctl->pool, "could not connect to the database: %.*s%s%s", (int)strcspn(reason, "\n"),
                        *reason ? reason : "out of memory", *reason ? "\n  " : "", *reason ? hint : "");
}

/* Returns 1 if the connection string, the environment or their service in libpq's service file sets a time-out. libpq
 * reads the value of a service only if no other value is given, so the default must not replace it. */
static int has_timeout(const mt_ctl_t *ctl)
{
    /* libpq has no function that only reads a service. It refuses this sslmode before it connects. */
    const char *const keywords[] = { "dbname", "sslmode", NULL };
    const char *const values[] = { ctl->dsn, "none, because only the options are read", NULL };
    PGconn *pg = PQconnectStartParams(keywords, values, 1);
    PQconninfoOption *options = PQconninfo(pg);
    int found = 0;

    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        found |= strcmp(option->keyword, "connect_timeout") == 0 && option->val && *option->val;
    PQconninfoFree(options);
    PQfinish(pg);
    return found;
}

const char *mt_ctl_connect(const mt_ctl_t *ctl, PGconn **pg)
{
    return mt_ctl_connect_to(ctl, NULL, pg);
}

const char *mt_ctl_connect_to(const mt_ctl_t *ctl, const char *database, PGconn **pg)
{
    /* libpq expands a connection string or URI only in the first dbname, so the second one replaces its database. libpq
     * ignores empty values. */
    const char *const keywords[] = {
        "fallback_application_name", "connect_timeout", "dbname", "dbname", "client_encoding", NULL
    };
    const char *const values[] = { "minitwitctl", has_timeout(ctl) ? NULL : CONNECT_TIMEOUT, ctl->dsn, database, "UTF8",
                                   NULL };

    *pg = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(*pg) == CONNECTION_OK) {
        /* The time-out is meant for the site, not for the long work of operators. PostgreSQL 17 introduced it. */
        if (PQserverVersion(*pg) >= 170000)
            PQclear(PQexec(*pg, "set transaction_timeout to 0"));
        return NULL;
    }
    const char *message = describe_refusal(ctl, *pg);
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

/* getopt_long has printed the reason. If an option only lacks its argument, or has one too many, its name is right. */
static int refuse_option(const mt_ctl_t *ctl, const char *word, const struct option *options)
{
    apr_array_header_t *names = apr_array_make(ctl->pool, 16, sizeof(const char *));
    const char *name = strncmp(word, "--", 2) == 0 ? apr_pstrmemdup(ctl->pool, word + 2, strcspn(word + 2, "=")) : "";
    const char *meant;

    for (; options->name; options++)
        APR_ARRAY_PUSH(names, const char *) = options->name;
    meant = mt_ctl_suggest_word(name, names);
    if (meant && strcmp(meant, name) != 0)
        fprintf(stderr, "Did you mean \"--%s\"?\n", meant);
    return give_hint(ctl);
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
    for (int i = 0; (found = getopt_long(argc, argv, ctl->command ? "h" : "+h", options, &i)) != -1;) {
        if (found == 'd')
            ctl->dsn = optarg;
        else if (found == 'h')
            return mt_ctl_finish(ctl, mt_ctl_print(help));
        else if (found == '?')
            return refuse_option(ctl, argv[optind - 1], options);
        else if (own[i].text)
            *own[i].text =
                own[i].flag && *own[i].text ? apr_pstrcat(ctl->pool, *own[i].text, "\n", optarg, NULL) : optarg;
        else if (strcmp(own[i].name, "json") == 0)
            ctl->as_json = 1;
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
