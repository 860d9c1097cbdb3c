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
    { "password", mt_password_run },
    { "status", mt_status_run },
};

static const char help[] = "Usage: minitwitctl [--dsn CONNINFO] COMMAND [OPTION]...\n"
                           "Looks after the database of a MiniTwit site.\n"
                           "\n"
                           "Commands:\n"
                           "  migrate          bring the schema to the version that this build needs\n"
                           "  password         give a user another password, and end his sessions\n"
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

/* Points at --help, once it is said what makes no sense. */
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

int mt_ctl_parse(mt_ctl_t *ctl, int argc, char **argv, const char *help_text, const mt_ctl_option_t *own)
{
    int count = 0, found;

    while (own[count].name)
        count++;
    struct option *options = apr_pcalloc(ctl->pool, (size_t)(count + 3) * sizeof(*options));
    for (int i = 0; i < count; i++)
        options[i] = (struct option){ own[i].name, own[i].text ? required_argument : no_argument, own[i].flag, 1 };
    options[count] = (struct option){ "dsn", required_argument, NULL, 'd' };
    options[count + 1] = (struct option){ "help", no_argument, NULL, 'h' };

    /* Makes getopt_long begin anew. What stands behind the name of a command is left to it. */
    optind = 0;
    for (int i = 0; (found = getopt_long(argc, argv, ctl->command ? "" : "+", options, &i)) != -1;) {
        if (found == 'd')
            ctl->dsn = optarg;
        else if (found == 'h')
            return mt_ctl_print(ctl, help_text);
        else if (found == '?')
            return give_hint(ctl);
        else if (own[i].text)
            *own[i].text = optarg;
    }
    if (ctl->operand && optind < argc)
        *ctl->operand = argv[optind++];
    if (ctl->command && optind < argc)
        return mt_ctl_refuse(ctl, "\"%s\" is no option: it takes nothing else", argv[optind]);
    return MT_CTL_GO_ON;
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
    int is_version_wanted = 0;
    const mt_ctl_option_t options[] = { { "version", NULL, &is_version_wanted }, { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status != MT_CTL_GO_ON)
        return status;
    if (is_version_wanted)
        return mt_ctl_print(ctl, "minitwitctl " MT_VERSION "\n");
    if (optind == argc)
        return mt_ctl_refuse(ctl, "name a command");
    return run_command(ctl, argc - optind, argv + optind);
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
