/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/pgtools.h"

#include "core/buffer.h"

#include <stdlib.h>
#include <string.h>

/* Appends keyword='value' as libpq reads it. */
static void append_pair(mt_buffer_t *conninfo, const char *keyword, const char *value)
{
    mt_buffer_append_text(conninfo, keyword);
    mt_buffer_append_text(conninfo, "='");
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            mt_buffer_append(conninfo, "\\", 1);
        mt_buffer_append(conninfo, value, 1);
    }
    mt_buffer_append_text(conninfo, "' ");
}

/* Where the connection went, without what is secret. NULL: no memory. */
static const char *describe(const mt_ctl_t *ctl, PGconn *pg)
{
    PQconninfoOption *options = PQconninfo(pg);
    mt_buffer_t conninfo;

    if (!options)
        return NULL;
    mt_buffer_init(&conninfo, ctl->pool, 256);
    for (const PQconninfoOption *option = options; option->keyword; option++) {
        if (!option->val || !*option->val)
            continue;
        if (strcmp(option->keyword, "password") == 0)
            setenv("PGPASSWORD", option->val, 1);
        /* A '*' is what libpq marks secrets with. */
        else if (*option->dispchar != '*')
            append_pair(&conninfo, option->keyword, option->val);
    }
    PQconninfoFree(options);
    return mt_buffer_text(&conninfo);
}

int mt_pgtools_dump(const mt_ctl_t *ctl, PGconn *pg, const char *snapshot, mt_child_t *child)
{
    const char *const argv[] = { "pg_dump", "--format=custom", "--no-password",   "--snapshot",
                                 snapshot,  "--dbname",        describe(ctl, pg), NULL };

    return mt_child_start(ctl, argv, MT_CHILD_OUTPUT, child);
}

int mt_pgtools_restore(const mt_ctl_t *ctl, PGconn *pg, const char *role, const char *dump)
{
    const char *const argv[] = { "pg_restore", "--no-password", "--single-transaction", "--no-owner", "--role",
                                 role,         "--dbname",      describe(ctl, pg),      dump,         NULL };
    mt_child_t child;

    return mt_child_start(ctl, argv, MT_CHILD_OUTPUT, &child) && mt_child_finish(ctl, &child);
}
