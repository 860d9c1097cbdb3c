/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/message.h"
#include "ctl/commands.h"

#include "core/buffer.h"
#include "core/integer.h"
#include "ctl/confirm.h"
#include "ctl/display.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdio.h>

#define OPTIONS_HELP                                                                                                   \
    "  --dsn CONNINFO   libpq connection string or URI\n"                                                              \
    "  --help           show this help\n"

#define ALL_OR_NONE                                                                                                    \
    "If there is no message with one of the ids, nothing is changed. Connect as minitwit_owner or as\n"                \
    "a member of it.\n"

static const char flag_help[] = "Usage: minitwitctl message flag [--dsn CONNINFO] ID...\n"
                                "Hides messages from every timeline. They stay in the database.\n" ALL_OR_NONE "\n"
                                "Options:\n" OPTIONS_HELP;

static const char unflag_help[] = "Usage: minitwitctl message unflag [--dsn CONNINFO] ID...\n"
                                  "Shows flagged messages again.\n" ALL_OR_NONE "\n"
                                  "Options:\n" OPTIONS_HELP;

static const char delete_help[] = "Usage: minitwitctl message delete [--dsn CONNINFO] [--yes] ID...\n"
                                  "Deletes messages permanently, after you confirm at the terminal.\n" ALL_OR_NONE "\n"
                                  "Options:\n"
                                  "  --yes            skip the confirmation\n" OPTIONS_HELP;

const char *mt_ctl_message_ids(apr_pool_t *pool, int count, char **words, const char **wrong)
{
    mt_buffer_t ids;

    mt_buffer_init(&ids, pool, 128);
    for (int i = 0; i < count; i++) {
        apr_int64_t id;

        if (!mt_integer_parse(words[i], &id)) {
            *wrong = words[i];
            return NULL;
        }
        mt_buffer_append_text(&ids, apr_psprintf(pool, "%s%" APR_INT64_T_FMT, i ? "," : "{", id));
    }
    mt_buffer_append_text(&ids, "}");
    return mt_buffer_text(&ids);
}

static const char *report(const mt_ctl_t *ctl, mt_moderation_t what, apr_int64_t changed)
{
    static const char *const done[] = { "flagged", "unflagged", "deleted" };

    return mt_ctl_print(
        apr_psprintf(ctl->pool, "%" APR_INT64_T_FMT " message%s %s\n", changed, changed == 1 ? "" : "s", done[what]));
}

static const char *change(const mt_ctl_t *ctl, PGconn *pg, mt_moderation_t what, const char *ids, int is_sure)
{
    const char *message = NULL;
    apr_int64_t changed = 0;

    if (!is_sure)
        message = mt_ctl_confirm_ask(apr_psprintf(ctl->pool, "%d message%s will be deleted.", ctl->operand_count,
                                                  ctl->operand_count == 1 ? "" : "s"));
    if (!message)
        message = mt_moderation_do(pg, ctl->pool, what, ids, &changed);
    return message ? message : report(ctl, what, changed);
}

/* The part of each *_run after it has read its options. */
static int run(const mt_ctl_t *ctl, mt_moderation_t what, int is_sure)
{
    const char *wrong = NULL, *ids;

    if (ctl->operand_count == 0)
        return mt_ctl_refuse(ctl, "missing argument: the ids of messages");
    ids = mt_ctl_message_ids(ctl->pool, ctl->operand_count, ctl->operands, &wrong);
    if (!ids)
        return mt_ctl_refuse(ctl, "invalid id \"%s\"", mt_ctl_display_escape(ctl->pool, wrong));
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = change(ctl, pg, what, ids, is_sure);
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}

static int parse_and_run(mt_ctl_t *ctl, int argc, char **argv, const char *help, mt_moderation_t what)
{
    static const mt_ctl_option_t options[] = { { NULL, NULL, NULL } };

    ctl->operands_max = INT_MAX;
    int status = mt_ctl_parse(ctl, argc, argv, help, options);
    return status == MT_CTL_GO_ON ? run(ctl, what, 1) : status;
}

int mt_ctl_message_flag_run(mt_ctl_t *ctl, int argc, char **argv)
{
    return parse_and_run(ctl, argc, argv, flag_help, MT_MODERATION_FLAG);
}

int mt_ctl_message_unflag_run(mt_ctl_t *ctl, int argc, char **argv)
{
    return parse_and_run(ctl, argc, argv, unflag_help, MT_MODERATION_UNFLAG);
}

int mt_ctl_message_delete_run(mt_ctl_t *ctl, int argc, char **argv)
{
    int is_sure = 0;
    const mt_ctl_option_t options[] = { { "yes", NULL, &is_sure }, { NULL, NULL, NULL } };

    ctl->operands_max = INT_MAX;
    int status = mt_ctl_parse(ctl, argc, argv, delete_help, options);
    return status == MT_CTL_GO_ON ? run(ctl, MT_MODERATION_DELETE, is_sure) : status;
}
