/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/flag_tool.h"
#include "ctl/commands.h"

#include "core/integer.h"
#include "ctl/display.h"
#include "ctl/message.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "flag_tool"

static const char help[] =
    "Usage: flag_tool ID...\n"
    "       flag_tool -i\n"
    "       flag_tool -h\n"
    "Flags messages, so that no timeline shows them. If there is no message with one of the ids, it\n"
    "flags none. libpq's environment (PGSERVICE, PGHOST, PGDATABASE, PGUSER, ...) names the database.\n"
    "\"minitwitctl flag_tool\" is the same command, and accepts --dsn before its name.\n"
    "\n"
    "Options:\n"
    "  -i   print all messages, one per line: id,author_id,text,flagged\n"
    "  -h   show this help\n";

int mt_ctl_flag_tool_is_meant(const char *name)
{
    const char *slash = name ? strrchr(name, '/') : NULL;

    return name && strcmp(slash ? slash + 1 : name, NAME) == 0;
}

/* Like mt_ctl_refuse, but with a hint at -h. */
static int refuse(const mt_ctl_t *ctl, const char *problem)
{
    mt_ctl_complain(ctl, "%s", problem);
    fprintf(stderr, "Try \"flag_tool -h\".\n");
    return MT_CTL_USAGE;
}

/* A program gets the texts unchanged. A terminal gets them escaped, because a text could steer it. */
typedef struct dump_t {
    apr_pool_t *pool; /* cleared at each row */
    int is_terminal;
} dump_t;

static int print_message(void *baton, const PGresult *row)
{
    const dump_t *dump = baton;
    const char *text = PQgetvalue(row, 0, 2);

    apr_pool_clear(dump->pool);
    return printf("%s,%s,%s,%s\n", PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1),
                  dump->is_terminal ? mt_ctl_display_escape(dump->pool, text) : text, PQgetvalue(row, 0, 3)) >= 0;
}

static const char *dump_all(const mt_ctl_t *ctl, PGconn *pg)
{
    dump_t dump = { .is_terminal = isatty(STDOUT_FILENO) };

    apr_pool_create(&dump.pool, ctl->pool);
    const char *message = mt_moderation_dump(pg, ctl->pool, print_message, &dump);
    return message ? message : mt_ctl_print("");
}

static const char *flag(const mt_ctl_t *ctl, PGconn *pg, const char *ids, int count, char **words)
{
    apr_int64_t changed;
    const char *message = mt_moderation_do(pg, ctl->pool, MT_MODERATION_FLAG, ids, &changed);

    if (message)
        return message;
    for (int i = 0; i < count; i++) {
        apr_int64_t id = 0;

        mt_integer_parse(words[i], &id);
        printf("Flagged entry: %" APR_INT64_T_FMT "\n", id);
    }
    return mt_ctl_print("");
}

/* Like the original program, it has no other options. */
int mt_ctl_flag_tool_run(mt_ctl_t *ctl, int argc, char **argv)
{
    const char *wrong = NULL, *ids = NULL;
    int is_dump = argc == 2 && strcmp(argv[1], "-i") == 0;

    if (!ctl->command)
        ctl->program = NAME;
    if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        return mt_ctl_finish(ctl, mt_ctl_print(help));
    if (argc < 2)
        return refuse(ctl, "missing argument: the ids of messages");
    if (!is_dump)
        ids = mt_ctl_message_ids(ctl->pool, argc - 1, argv + 1, &wrong);
    if (!is_dump && !ids)
        return refuse(ctl, apr_psprintf(ctl->pool, "invalid id \"%s\"", mt_ctl_display_escape(ctl->pool, wrong)));
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = is_dump ? dump_all(ctl, pg) : flag(ctl, pg, ids, argc - 1, argv + 1);
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
