/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"

#include "core/revision.h"
#include "ctl/flag_tool.h"
#include "ctl/suggest.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <getopt.h>
#include <string.h>

typedef struct command_t {
    const char *name; /* one word, or two: a thing and a verb */
    const char *summary;
    int (*run)(mt_ctl_t *ctl, int argc, char **argv);
} command_t;

/* In the order of the help text. */
static const command_t commands[] = {
    { "user add", "add a user", mt_ctl_user_add_run },
    { "user list", "list users", mt_ctl_user_list_run },
    { "user show", "show a user's data", mt_ctl_user_show_run },
    { "user passwd", "replace a user's password, and end their sessions", mt_ctl_user_passwd_run },
    { "user disable", "block a user's logins, and end their sessions", mt_ctl_user_disable_run },
    { "user enable", "let a disabled user log in again", mt_ctl_user_enable_run },
    { "user export", "print all data of a user, as JSON", mt_ctl_user_export_run },
    { "user delete", "delete a user and all their data", mt_ctl_user_delete_run },
    { "message list", "list messages, including flagged ones", mt_ctl_message_list_run },
    { "message flag", "hide messages from every timeline", mt_ctl_message_flag_run },
    { "message unflag", "show flagged messages again", mt_ctl_message_unflag_run },
    { "message delete", "delete messages", mt_ctl_message_delete_run },
    { "flag_tool", "flag messages, as the original program of this name does", mt_ctl_flag_tool_run },
    { "audit", "list the changes that operators made", mt_ctl_audit_run },
    { "prune", "delete expired sessions and, with an option, old messages", mt_ctl_prune_run },
    { "backup", "back up the whole database while the site runs", mt_ctl_backup_run },
    { "backup verify", "restore a backup into a temporary database, and compare it", mt_ctl_backup_verify_run },
    { "restore", "restore a backup into an empty database", mt_ctl_restore_run },
    { "export", "write users, messages and follows to a file that import reads", mt_ctl_export_run },
    { "import", "import users, messages and follows from another MiniTwit", mt_ctl_import_run },
    { "migrate", "bring the schema to the version that this build needs", mt_ctl_migrate_run },
    { "status", "check whether the database is ready for the site, and count its rows", mt_ctl_status_run },
    { "doctor", "check the database for problems, and print the remedies", mt_ctl_doctor_run },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char usage[] = "Usage: minitwitctl [--dsn CONNINFO] COMMAND [OPTION]...\n"
                            "Manages the database of a MiniTwit site.\n"
                            "\n"
                            "Commands:\n";

static const char options_help[] =
    "\n"
    "Options:\n"
    "  --dsn CONNINFO   libpq connection string or URI; without it, libpq uses its environment\n"
    "                   (PGSERVICE, PGHOST, PGDATABASE, PGUSER, ...)\n"
    "  -h, --help       show this help; after a command, the help of the command\n"
    "  --version        show the version\n"
    "\n"
    "Every user of the machine can read a password on the command line. Keep it in a service file\n"
    "or a password file instead.\n";

/* Returns the number of words in the command's name if argv begins with this name, and 0 otherwise. */
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

/* Returns whether word is the first of the command's two words. */
static int is_thing(const command_t *command, const char *word)
{
    size_t len = strlen(word);

    return strncmp(command->name, word, len) == 0 && command->name[len] == ' ';
}

/* Lists the commands, one per line; if thing is not NULL, only the commands that begin with this word. */
static const char *list_commands(const mt_ctl_t *ctl, const char *thing)
{
    const char *list = "";

    for (size_t i = 0; i < COMMANDS; i++) {
        if (!thing || is_thing(&commands[i], thing))
            list = apr_psprintf(ctl->pool, "%s  %-16s %s\n", list, commands[i].name, commands[i].summary);
    }
    return list;
}

static int refuse_command(const mt_ctl_t *ctl, const char *word)
{
    apr_array_header_t *words = apr_array_make(ctl->pool, COMMANDS, sizeof(const char *));
    const char *meant;

    for (size_t i = 0; i < COMMANDS; i++)
        APR_ARRAY_PUSH(words, const char *) =
            apr_pstrmemdup(ctl->pool, commands[i].name, strcspn(commands[i].name, " "));
    meant = mt_ctl_suggest_word(word, words);
    if (meant)
        return mt_ctl_refuse(ctl, "unknown command \"%s\"\n  Did you mean \"%s\"?", word, meant);
    return mt_ctl_refuse(ctl, "unknown command \"%s\"", word);
}

static int run_thing(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *list = list_commands(ctl, argv[0]);

    if (!*list)
        return refuse_command(ctl, argv[0]);
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return mt_ctl_finish(ctl, mt_ctl_print(apr_pstrcat(ctl->pool, "Commands:\n", list, NULL)));
    ctl->command = argv[0];
    return mt_ctl_refuse(ctl, "%s; the commands are:\n%.*s",
                         argc > 1 ? apr_psprintf(ctl->pool, "unknown command \"%s\"", argv[1]) : "missing command",
                         (int)strlen(list) - 1, list);
}

static int run_command(mt_ctl_t *ctl, int argc, char **argv)
{
    const command_t *command = NULL;
    int words = 0;

    /* The longer name wins, because "backup verify" begins with the name of the command "backup". */
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
    /* getopt_long begins its messages with this name. */
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
        return mt_ctl_refuse(ctl, "missing command");
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
    /* Some commands print without checking for errors. */
    if (status == MT_CTL_OK)
        status = mt_ctl_finish(&ctl, mt_ctl_print(""));
    apr_terminate();
    return status;
}
