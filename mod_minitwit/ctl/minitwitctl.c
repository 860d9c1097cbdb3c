/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"

#include "core/revision.h"
#include "ctl/flag_tool.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <getopt.h>
#include <string.h>

typedef struct command_t {
    const char *name; /* of one word, or of two: a thing and what to do with it */
    const char *summary;
    int (*run)(mt_ctl_t *ctl, int argc, char **argv);
} command_t;

/* In the order of the help text. */
static const command_t commands[] = {
    { "user add", "add a user", mt_ctl_user_add_run },
    { "user list", "list users", mt_ctl_user_list_run },
    { "user show", "say what is known of a user", mt_ctl_user_show_run },
    { "user passwd", "give a user another password, and end his sessions", mt_ctl_user_passwd_run },
    { "user disable", "keep a user from signing in, and end his sessions", mt_ctl_user_disable_run },
    { "user enable", "let him sign in again", mt_ctl_user_enable_run },
    { "user export", "print all that is kept of a user, as JSON", mt_ctl_user_export_run },
    { "user delete", "delete a user with all that belongs to him", mt_ctl_user_delete_run },
    { "message list", "list messages, flagged ones too", mt_ctl_message_list_run },
    { "message flag", "hide messages from every timeline", mt_ctl_message_flag_run },
    { "message unflag", "show them again", mt_ctl_message_unflag_run },
    { "message delete", "delete messages", mt_ctl_message_delete_run },
    { "flag_tool", "work as the original program of that name", mt_ctl_flag_tool_run },
    { "audit", "list who changed what", mt_ctl_audit_run },
    { "prune", "delete expired sessions and, if asked to, old messages", mt_ctl_prune_run },
    { "backup", "make a backup of the whole database, while the site goes on", mt_ctl_backup_run },
    { "backup verify", "restore a backup into a database of its own, and compare", mt_ctl_backup_verify_run },
    { "restore", "restore a backup into an empty database", mt_ctl_restore_run },
    { "export", "write users, messages and follows to a file that import reads", mt_ctl_export_run },
    { "import", "take users, messages and follows over from another MiniTwit", mt_ctl_import_run },
    { "migrate", "bring the schema to the version that this build needs", mt_ctl_migrate_run },
    { "status", "say whether the database is ready for the site, and what it holds", mt_ctl_status_run },
    { "doctor", "look for what is not as it should be, and say what to do about it", mt_ctl_doctor_run },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char usage[] = "Usage: minitwitctl [--dsn CONNINFO] COMMAND [OPTION]...\n"
                            "Looks after the database of a MiniTwit site.\n"
                            "\n"
                            "Commands:\n";

static const char options_help[] =
    "\n"
    "Options:\n"
    "  --dsn CONNINFO   libpq connection string or URI; without it libpq's environment counts\n"
    "                   (PGSERVICE, PGHOST, PGDATABASE, PGUSER, ...)\n"
    "  --help           show this help, or after a command the command's\n"
    "  --version        show the version\n"
    "\n"
    "A password on the command line can be read by every user of the machine: keep it in a\n"
    "service file or a password file instead.\n";

/* How many of the first words of argv are the name of the command: all of its words, or 0. */
static int count_words(const command_t *command, int argc, char **argv)
{
    const char *second = strchr(command->name, ' ');
    size_t len = second ? (size_t)(second - command->name) : strlen(command->name);

    if (strlen(argv[0]) != len || strncmp(argv[0], command->name, len) != 0)
        return 0;
    if (!second)
        return 1;
    return argc > 1 && strcmp(argv[1], second + 1) == 0 ? 2 : 0;
}

/* Whether it is the first word of a command of two. */
static int is_thing(const command_t *command, const char *word)
{
    size_t len = strlen(word);

    return strncmp(command->name, word, len) == 0 && command->name[len] == ' ';
}

/* The commands, a line each; of one thing only, if it is not NULL. */
static const char *list_commands(const mt_ctl_t *ctl, const char *thing)
{
    const char *list = "";

    for (size_t i = 0; i < COMMANDS; i++) {
        if (!thing || is_thing(&commands[i], thing))
            list = apr_psprintf(ctl->pool, "%s  %-16s %s\n", list, commands[i].name, commands[i].summary);
    }
    return list;
}

static int run_thing(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *list = list_commands(ctl, argv[0]);

    if (!*list)
        return mt_ctl_refuse(ctl, "there is no command \"%s\"", argv[0]);
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return mt_ctl_finish(ctl, mt_ctl_print(apr_pstrcat(ctl->pool, "Commands:\n", list, NULL)));
    ctl->command = argv[0];
    return mt_ctl_refuse(ctl, "%s; the commands are:\n%.*s",
                         argc > 1 ? apr_psprintf(ctl->pool, "\"%s\" is none of its commands", argv[1])
                                  : "say what to do",
                         (int)strlen(list) - 1, list);
}

static int run_command(mt_ctl_t *ctl, int argc, char **argv)
{
    const command_t *command = NULL;
    int words = 0;

    /* The longer name wins: one of two words may begin with the only word of another. */
    for (size_t i = 0; i < COMMANDS; i++) {
        int count = count_words(&commands[i], argc, argv);
        if (count > words) {
            command = &commands[i];
            words = count;
        }
    }
    if (!command)
        return run_thing(ctl, argc, argv);
    ctl->command = command->name;
    argv += words - 1;
    /* What getopt_long begins its messages with. */
    argv[0] = apr_pstrcat(ctl->pool, "minitwitctl ", ctl->command, NULL);
    return command->run(ctl, argc - words + 1, argv);
}

static int run(mt_ctl_t *ctl, int argc, char **argv)
{
    int is_version_wanted = 0;
    const mt_ctl_option_t options[] = { { "version", NULL, &is_version_wanted }, { NULL, NULL, NULL } };
    const char *help = apr_pstrcat(ctl->pool, usage, list_commands(ctl, NULL), options_help, NULL);
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status != MT_CTL_GO_ON)
        return status;
    if (is_version_wanted)
        return mt_ctl_finish(
            ctl, mt_ctl_print(apr_psprintf(ctl->pool, "minitwitctl %s (%s)\n", MT_VERSION, mt_revision_get())));
    if (optind == argc)
        return mt_ctl_refuse(ctl, "name a command");
    return run_command(ctl, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
    mt_ctl_t ctl = { .program = "minitwitctl", .dsn = "" };
    int status;

    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        return mt_ctl_fail(&ctl, "out of memory");
    }
    status = mt_ctl_flag_tool_is_meant(argv[0]) ? mt_ctl_flag_tool_run(&ctl, argc, argv) : run(&ctl, argc, argv);
    /* What a command has printed without a look at whether it arrived. */
    if (status == MT_CTL_OK)
        status = mt_ctl_finish(&ctl, mt_ctl_print(""));
    apr_terminate();
    return status;
}
