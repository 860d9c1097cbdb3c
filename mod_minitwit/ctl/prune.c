/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/prune.h"
#include "ctl/commands.h"
#include "ctl/confirm.h"

#include <apr_strings.h>
#include <string.h>

#define DAYS_MAX 36500

static const char help[] =
    "Usage: minitwitctl prune [--dsn CONNINFO] [--messages-older-than DAYS [--flagged-only]]\n"
    "                         [--dry-run] [--yes] [--json]\n"
    "Deletes expired sessions. With --messages-older-than, also deletes old messages, after you confirm\n"
    "at the terminal. The site may keep running. Connect as minitwit_owner or as a member of it.\n"
    "\n"
    "Options:\n"
    "  --messages-older-than DAYS\n"
    "                   also delete messages that are older than DAYS days\n"
    "  --flagged-only   of these messages, delete only flagged ones\n"
    "  --dry-run        only print the numbers of sessions and messages\n"
    "  --yes            skip the confirmation\n"
    "  --json           print one JSON object\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

typedef struct wish_t {
    mt_prune_criteria_t criteria;
    int is_dry, is_sure, as_json;
} wish_t;

static const char *report(const mt_ctl_t *ctl, const wish_t *wish, const mt_prune_counts_t *counts)
{
    if (wish->as_json)
        return mt_ctl_print(apr_psprintf(
            ctl->pool, "{\"dry_run\":%s,\"sessions\":%" APR_INT64_T_FMT ",\"messages\":%" APR_INT64_T_FMT "}\n",
            wish->is_dry ? "true" : "false", counts->sessions, counts->messages));
    return mt_ctl_print(
        apr_psprintf(ctl->pool, "%s: expired sessions: %" APR_INT64_T_FMT ", messages: %" APR_INT64_T_FMT "\n",
                     wish->is_dry ? "would be deleted" : "deleted", counts->sessions, counts->messages));
}

static const char *prune(const mt_ctl_t *ctl, PGconn *pg, wish_t *wish)
{
    mt_prune_counts_t counts = { 0 };
    const char *message = mt_prune_count(pg, ctl->pool, &wish->criteria, &counts);

    if (message)
        return message;
    if (wish->is_dry)
        return report(ctl, wish, &counts);
    if (counts.messages > 0 && !wish->is_sure) {
        message = mt_ctl_confirm_ask(apr_psprintf(
            ctl->pool, "%" APR_INT64_T_FMT "%s message%s older than %s day%s will be deleted.", counts.messages,
            wish->criteria.is_flagged_only ? " flagged" : "", counts.messages == 1 ? "" : "s", wish->criteria.days,
            strcmp(wish->criteria.days, "1") == 0 ? "" : "s"));
        if (message)
            return message;
    }
    message = mt_prune_delete(pg, ctl->pool, &wish->criteria, &counts);
    if (!message)
        return report(ctl, wish, &counts);
    /* The transactions before the failure are committed. */
    if (counts.sessions > 0 || counts.messages > 0)
        message = mt_ctl_join(ctl, report(ctl, wish, &counts), message);
    return message;
}

int mt_ctl_prune_run(mt_ctl_t *ctl, int argc, char **argv)
{
    wish_t wish = { .is_dry = 0 };
    mt_prune_criteria_t *criteria = &wish.criteria;
    const mt_ctl_option_t options[] = { { "messages-older-than", &criteria->days, NULL },
                                        { "flagged-only", NULL, &criteria->is_flagged_only },
                                        { "dry-run", NULL, &wish.is_dry },
                                        { "yes", NULL, &wish.is_sure },
                                        { "json", NULL, &wish.as_json },
                                        { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status == MT_CTL_GO_ON)
        status = mt_ctl_number(ctl, "messages-older-than", DAYS_MAX, &criteria->days);
    if (status != MT_CTL_GO_ON)
        return status;
    if (criteria->is_flagged_only && !criteria->days)
        return mt_ctl_refuse(ctl, "--flagged-only needs --messages-older-than");
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);
    if (!message)
        message = prune(ctl, pg, &wish);
    PQfinish(pg);
    return mt_ctl_finish(ctl, message);
}
