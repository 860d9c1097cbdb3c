/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/backup/pgtools.h"

#include "core/buffer.h"

#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From version 17 on, pg_restore begins with this setting, for every server. An older server does not know the setting,
 * and pg_restore then fails if it restores in one transaction. So it writes a script instead, and psql gets the script
 * without this line. */
#define UNKNOWN_SETTING    "SET transaction_timeout = 0;\n"
#define FIRST_WITH_SETTING 17

/* More bytes than the settings at the beginning of a script take. Texts of users come later. */
#define SCRIPT_BEGINNING 4096

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

/* A connection string for the same server, without secrets. has_limit: it must lift transaction_timeout. NULL: no
 * memory. */
static const char *describe(const mt_ctl_t *ctl, PGconn *pg, int has_limit)
{
    PQconninfoOption *options = PQconninfo(pg);
    const char *settings = "";
    mt_buffer_t conninfo;

    if (!options)
        return NULL;
    mt_buffer_init(&conninfo, ctl->pool, 256);
    for (const PQconninfoOption *option = options; option->keyword; option++) {
        if (!option->val || !*option->val)
            continue;
        if (strcmp(option->keyword, "password") == 0)
            setenv("PGPASSWORD", option->val, 1);
        else if (strcmp(option->keyword, "options") == 0)
            settings = apr_pstrdup(ctl->pool, option->val);
        /* libpq marks secrets with '*'. */
        else if (*option->dispchar != '*')
            append_pair(&conninfo, option->keyword, option->val);
    }
    PQconninfoFree(options);
    if (has_limit)
        settings = apr_pstrcat(ctl->pool, settings, " -c transaction_timeout=0", NULL);
    if (*settings)
        append_pair(&conninfo, "options", settings);
    return mt_buffer_text(&conninfo);
}

const char *mt_ctl_pgtools_dump(const mt_ctl_t *ctl, PGconn *pg, const char *snapshot, mt_child_t *child)
{
    /* The site has no large objects. One that another role made would make the dump of the owner fail. */
    const char *const argv[] = { "pg_dump",       "--format=custom",    "--no-blobs",
                                 "--no-password", "--snapshot",         snapshot,
                                 "--dbname",      describe(ctl, pg, 0), NULL };

    return mt_ctl_child_start(ctl, argv, MT_CHILD_OUTPUT, child);
}

/* *version: the major version of pg_restore; 0: its output has another form. */
static const char *load_version(const mt_ctl_t *ctl, int *version)
{
    static const char *const argv[] = { "pg_restore", "--version", NULL };
    static const char words[] = "pg_restore (PostgreSQL) ";
    mt_child_t child;
    char said[64];
    const char *message = mt_ctl_child_start(ctl, argv, MT_CHILD_OUTPUT, &child);

    if (message)
        return message;
    ssize_t got = read(child.fd, said, sizeof(said) - 1);
    said[got > 0 ? got : 0] = '\0';
    *version = strncmp(said, words, strlen(words)) == 0 ? (int)strtol(said + strlen(words), NULL, 10) : 0;
    return mt_ctl_child_finish(ctl, &child);
}

/* Removes the setting from the beginning of pg_restore's script. Returns the new length. */
static size_t take_setting_out(char *script, size_t len)
{
    char *line = strstr(script, "\n" UNKNOWN_SETTING);

    if (!line)
        return len;
    const char *rest = line + strlen("\n" UNKNOWN_SETTING);
    size_t rest_len = len - (size_t)(rest - script);
    memmove(line + 1, rest, rest_len);
    return (size_t)(line + 1 - script) + rest_len;
}

/* Printed only if psql reports success. Otherwise its exit code explains more. */
static const char psql_is_gone[] = "\"psql\" exited before it had read the whole script";

/* Copies the script from pg_restore to psql, without the setting. */
static const char *pass_script_on(const mt_ctl_t *ctl, int from, int to)
{
    char data[SCRIPT_BEGINNING];
    size_t len = 0;
    ssize_t got;
    int is_beginning = 1;

    do {
        got = read(from, data + len, sizeof(data) - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return apr_psprintf(ctl->pool, "could not read the output of \"pg_restore\": %s", strerror(errno));
        len += (size_t)got;
        /* The setting must be in one piece, so read the whole beginning first. */
        if (is_beginning && got > 0 && len < sizeof(data) - 1)
            continue;
        data[len] = '\0';
        if (is_beginning)
            len = take_setting_out(data, len);
        is_beginning = 0;
        if (!mt_ctl_child_write(to, data, len))
            return errno == EPIPE ? psql_is_gone
                                  : apr_psprintf(ctl->pool, "could not write to \"psql\": %s", strerror(errno));
        len = 0;
    } while (got != 0);
    return NULL;
}

/* pg_restore writes "commit" last. So a script that is cut off changes nothing. */
static const char *restore_by_psql(const mt_ctl_t *ctl, PGconn *pg, const char *role, const char *dump)
{
    const char *const from[] = { "pg_restore", "--file=-", "--single-transaction", "--no-owner", "--role", role,
                                 dump,         NULL };
    const char *const to[] = { "psql",          "--no-psqlrc",           "--quiet",
                               "--no-password", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
                               "--dbname",      describe(ctl, pg, 0),    NULL };
    mt_child_t pg_restore, psql;
    const char *message, *ended;

    /* If psql has ended, write() must fail, and no signal may end this program. */
    signal(SIGPIPE, SIG_IGN);
    message = mt_ctl_child_start(ctl, to, MT_CHILD_INPUT, &psql);
    if (message)
        return message;
    message = mt_ctl_child_start(ctl, from, MT_CHILD_OUTPUT, &pg_restore);
    if (!message) {
        message = pass_script_on(ctl, pg_restore.fd, psql.fd);
        if (message)
            mt_ctl_child_abandon(&pg_restore);
        else
            message = mt_ctl_child_finish(ctl, &pg_restore);
    }
    ended = mt_ctl_child_finish(ctl, &psql);
    return message == psql_is_gone && ended ? ended : mt_ctl_join(ctl, message, ended);
}

const char *mt_ctl_pgtools_restore(const mt_ctl_t *ctl, PGconn *pg, const char *role, const char *dump)
{
    int version = 0;
    const char *message = load_version(ctl, &version);
    int server_has_setting = PQserverVersion(pg) >= FIRST_WITH_SETTING * 10000;
    mt_child_t child;

    if (message)
        return message;
    if (version >= FIRST_WITH_SETTING && !server_has_setting)
        return restore_by_psql(ctl, pg, role, dump);
    /* An older pg_restore does not lift the limit, which is meant for the site. */
    const char *conninfo = describe(ctl, pg, server_has_setting && version < FIRST_WITH_SETTING);
    const char *const argv[] = { "pg_restore", "--no-password", "--single-transaction",
                                 "--no-owner", "--role",        role,
                                 "--dbname",   conninfo,        dump,
                                 NULL };
    message = mt_ctl_child_start(ctl, argv, MT_CHILD_OUTPUT, &child);
    return message ? message : mt_ctl_child_finish(ctl, &child);
}
