/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/connect_failure.h"

#include "store/failure.h"

#include <apr_strings.h>
#include <string.h>

static const char read_only[] = "25006";

/* libpq has no function that returns the SQLSTATE of a refused connection. In its verbose messages, the code is between
 * the severity and the text: "FATAL:  28P01: password authentication failed". libpq itself rejects a server because of
 * target_session_attrs, and has no code for it. */
void mt_connect_failure_parse(apr_pool_t *pool, const char *message, mt_connect_failure_t *failure)
{
    char *text = apr_pstrdup(pool, message), *rest;

    for (const char *c = text; *c; c++) {
        if (strncmp(c, ":  ", 3) == 0 && strspn(c + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && c[8] == ':')
            apr_cpystrn(failure->sqlstate, c + 3, sizeof(failure->sqlstate));
    }
    if (strstr(text, "session is read-only") || strstr(text, "server is in hot standby mode"))
        apr_cpystrn(failure->sqlstate, read_only, sizeof(failure->sqlstate));
    while ((rest = strstr(text, "\nLOCATION:")) != NULL)
        memmove(rest, rest + 1 + strcspn(rest + 1, "\n"), strlen(rest + 1 + strcspn(rest + 1, "\n")) + 1);
    for (apr_size_t len = strlen(text); len > 0 && text[len - 1] == '\n'; len--)
        text[len - 1] = '\0';
    failure->text = text;
}

static int is_refusal(const char *sqlstate)
{
    return *sqlstate && mt_failure_classify(sqlstate) != MT_STORE_UNAVAILABLE;
}

/* The failure with the greater weight counts. */
static int weigh(const char *sqlstate, int is_one_host)
{
    if (!*sqlstate)
        return is_one_host ? 1 : 2;
    if (!is_refusal(sqlstate))
        return 3;
    if (strcmp(sqlstate, read_only) == 0)
        return 0;
    return is_one_host ? 2 : 1;
}

void mt_connect_failure_add(apr_pool_t *pool, mt_connect_failure_t *to, const mt_connect_failure_t *one,
                            int is_one_host)
{
    mt_connect_failure_t before = *to;
    int is_first = !before.text || !*before.text;

    if (is_first) {
        *to = *one;
        return;
    }
    to->text = apr_pstrcat(pool, before.text, "; ", one->text, NULL);
    to->is_late |= one->is_late;
    if (weigh(one->sqlstate, is_one_host) >= weigh(before.sqlstate, is_one_host)) {
        apr_cpystrn(to->sqlstate, one->sqlstate, sizeof(to->sqlstate));
        to->is_unresolved = one->is_unresolved && (*before.sqlstate || before.is_unresolved);
        if (*one->other)
            apr_cpystrn(to->other, one->other, sizeof(to->other));
        else if (is_refusal(before.sqlstate))
            apr_cpystrn(to->other, before.sqlstate, sizeof(to->other));
    }
    else if (is_refusal(one->sqlstate))
        apr_cpystrn(to->other, one->sqlstate, sizeof(to->other));
}
