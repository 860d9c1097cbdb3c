/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/ctl.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(mt_ctl_t *ctl, int argc, char **argv);
} commands[] = {
    { "migrate", mt_migrate_run },
    { "status", mt_status_run },
};

static const char help[] = "Usage: minitwitctl [--dsn CONNINFO] COMMAND [OPTION]...\n"
                           "Looks after the database of a MiniTwit site.\n"
                           "\n"
                           "Commands:\n"
                           "  migrate          bring the schema to the version that this build needs\n"
                           "  status           say whether the database is ready for the site, and what it holds\n"
                           "\n"
                           "Options:\n"
                           "  --dsn CONNINFO   libpq connection string or URI; without it libpq's environment counts\n"
                           "                   (PGSERVICE, PGHOST, PGDATABASE, PGUSER, ...)\n"
                           "  --help           show this help, or after a command the command's\n"
                           "  --version        show the version\n"
                           "\n"
                           "A password on the command line can be read by every user of the machine: keep it in a\n"
                           "service file or a password file instead.\n";

__attribute__((format(printf, 2, 0))) static void complain(const mt_ctl_t *ctl, const char *format, va_list arguments)
{
    fprintf(stderr, "minitwitctl%s%s: ", ctl->command ? " " : "", ctl->command ? ctl->command : "");
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

int mt_ctl_hint(const mt_ctl_t *ctl)
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
    return mt_ctl_hint(ctl);
}

PGconn *mt_ctl_connect(const mt_ctl_t *ctl)
{
    /* libpq expands a whole connection string, or a URI, in the place of the database's name. */
    const char *const keywords[] = { "fallback_application_name", "dbname", NULL };
    const char *const values[] = { "minitwitctl", ctl->dsn, NULL };
    PGconn *pg = PQconnectdbParams(keywords, values, 1);
    const char *reason = PQerrorMessage(pg);

    if (PQstatus(pg) == CONNECTION_OK)
        return pg;
    mt_ctl_complain(ctl, "cannot connect: %.*s", (int)strcspn(reason, "\n"), *reason ? reason : "out of memory");
    PQfinish(pg);
    return NULL;
}

int mt_ctl_print(const mt_ctl_t *ctl, const char *text)
{
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0)
        return MT_CTL_OK;
    mt_ctl_complain(ctl, "cannot write to standard output");
    return MT_CTL_FAILED;
}

static int run_command(mt_ctl_t *ctl, int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[0], commands[i].name) == 0) {
            ctl->command = commands[i].name;
            /* What getopt_long begins its messages with. */
            argv[0] = apr_pstrcat(ctl->pool, "minitwitctl ", ctl->command, NULL);
            return commands[i].run(ctl, argc, argv);
        }
    }
    return mt_ctl_refuse(ctl, "there is no command \"%s\"", argv[0]);
}

static int run(mt_ctl_t *ctl, int argc, char **argv)
{
    static const struct option options[] = {
        { "dsn", required_argument, NULL, 'd' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'v' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    /* The plus sign: what stands behind the command is the command's. */
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            ctl->dsn = optarg;
            break;
        case 'h':
            return mt_ctl_print(ctl, help);
        case 'v':
            return mt_ctl_print(ctl, "minitwitctl " MT_VERSION "\n");
        default:
            return mt_ctl_hint(ctl);
        }
    }
    if (optind == argc)
        return mt_ctl_refuse(ctl, "name a command");
    argc -= optind;
    argv += optind;
    /* Makes getopt_long begin anew, with the command's arguments. */
    optind = 0;
    return run_command(ctl, argc, argv);
}

int main(int argc, char **argv)
{
    mt_ctl_t ctl = { .dsn = "" };
    int status;

    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        mt_ctl_complain(&ctl, "out of memory");
        return MT_CTL_FAILED;
    }
    status = run(&ctl, argc, argv);
    apr_terminate();
    return status;
}
