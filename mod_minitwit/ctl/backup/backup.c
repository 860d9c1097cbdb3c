/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"

#include "admin/plain.h"
#include "core/integer.h"
#include "core/timestamp.h"
#include "ctl/audit.h"
#include "ctl/backup/manifest.h"
#include "ctl/backup/pgtools.h"
#include "ctl/outfile.h"
#include "store/value.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: minitwitctl backup [--dsn CONNINFO] --dir FOLDER [--keep N]\n"
    "       minitwitctl backup [--dsn CONNINFO] --pipe COMMAND [--manifest FILE]\n"
    "Backs up the whole database while the site runs. The dump FOLDER/minitwit-TIME.dump has pg_dump's\n"
    "custom format. \"restore\" and \"backup verify\" compare it with the manifest beside it,\n"
    "minitwit-TIME.json. The metrics show the time of the last success.\n"
    "\n"
    "Options:\n"
    "  --dir FOLDER      write the files to this folder; only their owner can read them\n"
    "  --keep N          then keep only the newest N backups in FOLDER, and always the new one\n"
    "  --pipe COMMAND    run this shell command, which reads the dump from standard input; the variable\n"
    "                    MINITWIT_BACKUP_NAME has the name of the dump\n"
    "  --manifest FILE   write the manifest to this file instead of standard output; needs --pipe\n"
    "  --dsn CONNINFO    libpq connection string or URI\n"
    "  --help            show this help\n";

/* The version of the schema that introduced the table backup. */
#define FIRST_WITH_BACKUP 2

/* A pattern for the beginning of each file's name. It holds the time, so a comparison of names is one of times. */
#define TWO_DIGITS   "[0-9][0-9]"
#define STAMP        "minitwit-" TWO_DIGITS TWO_DIGITS TWO_DIGITS TWO_DIGITS "T" TWO_DIGITS TWO_DIGITS TWO_DIGITS "Z"
#define STAMP_LENGTH (sizeof("minitwit-20261121T030000Z") - 1)

typedef struct backup_t {
    mt_ctl_t *ctl;
    PGconn *pg;
    const char *dir, *command, *manifest_path;
    const char *name;       /* of the dump */
    apr_time_t server_time; /* when the server made the snapshot, by its own clock */
    mt_manifest_t manifest;
} backup_t;

static const char *describe_error(const backup_t *backup, const char *verb, const char *path)
{
    return apr_psprintf(backup->ctl->pool, "could not %s \"%s\": %s", verb, path, strerror(errno));
}

/* Opens the transaction whose snapshot pg_dump uses, and stores the time of the snapshot. */
static const char *open_snapshot(backup_t *backup, const char **snapshot)
{
    apr_pool_t *pool = backup->ctl->pool;
    PGresult *result;
    /* The transaction is idle while pg_dump runs. */
    const char *message = mt_plain_do(backup->pg, pool, "set idle_in_transaction_session_timeout to 0", 0, NULL);

    if (!message)
        message = mt_plain_do(backup->pg, pool, "begin isolation level repeatable read, read only", 0, NULL);
    if (!message)
        message = mt_plain_run(backup->pg, pool,
                               "select pg_export_snapshot(), floor(extract(epoch from now()) * 1000000)::bigint", 0,
                               NULL, &result);
    if (message)
        return message;
    *snapshot = mt_value_text(pool, result, 0, 0);
    backup->server_time = mt_value_integer(result, 0, 1);
    PQclear(result);
    return NULL;
}

/* Copies the dump from pg_dump to its goal, and stores its length and SHA-256. goal is for messages. */
static const char *copy(backup_t *backup, int from, int to, const char *goal)
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    char data[65536];
    ssize_t got;

    crypto_hash_sha256_init(&state);
    while ((got = read(from, data, sizeof(data))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return describe_error(backup, "read the output of", "pg_dump");
        if (!mt_ctl_child_write(to, data, (size_t)got))
            return describe_error(backup, "write to", goal);
        crypto_hash_sha256_update(&state, (unsigned char *)data, (unsigned long long)got);
        backup->manifest.bytes += got;
    }
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(backup->manifest.sha256, sizeof(backup->manifest.sha256), hash, sizeof(hash));
    return NULL;
}

static const char *dump(backup_t *backup, int to, const char *goal)
{
    const char *snapshot, *message = open_snapshot(backup, &snapshot);
    mt_child_t pg_dump;

    /* Before pg_dump runs, because sequences are not part of the snapshot. The dump may only have newer values. */
    if (!message)
        message = mt_contents_load(backup->pg, backup->ctl->pool, &backup->manifest.contents);
    if (!message)
        message = mt_ctl_pgtools_dump(backup->ctl, backup->pg, snapshot, &pg_dump);
    if (message)
        return message;
    message = copy(backup, pg_dump.fd, to, goal);
    message = mt_ctl_join(backup->ctl, message, mt_ctl_child_finish(backup->ctl, &pg_dump));
    return message ? message : mt_plain_end(backup->pg, backup->ctl->pool, NULL);
}

static const char *save(const backup_t *backup, const char *path, const char *text)
{
    mt_outfile_t file;
    const char *message = mt_ctl_outfile_open(backup->ctl->pool, path, &file);

    if (message)
        return message;
    fputs(text, file.stream);
    return mt_ctl_outfile_close(&file, 1);
}

/* Waits until the new names of renamed files are on the disk. */
static const char *sync_folder(const backup_t *backup)
{
    int fd = open(backup->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *message = fd >= 0 && fsync(fd) == 0 ? NULL : describe_error(backup, "write", backup->dir);

    if (fd >= 0)
        close(fd);
    return message;
}

/* Writes the manifest first, so that each file named *.dump is complete and has a manifest. */
static const char *finish_files(backup_t *backup, const char *partial, const char *path)
{
    const char *manifest = mt_ctl_manifest_path(backup->ctl->pool, path);
    const char *message = save(backup, manifest, mt_ctl_manifest_format(backup->ctl->pool, &backup->manifest));

    if (!message && rename(partial, path) != 0)
        message = describe_error(backup, "create", path);
    if (!message)
        return sync_folder(backup);
    unlink(manifest);
    return message;
}

static const char *back_up_to_folder(backup_t *backup)
{
    const char *path = apr_pstrcat(backup->ctl->pool, backup->dir, "/", backup->name, NULL);
    const char *partial = apr_pstrcat(backup->ctl->pool, path, ".partial", NULL);
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return describe_error(backup, "create", partial);
    /* rename would replace a backup of the same second. */
    const char *message = access(path, F_OK) == 0
                              ? apr_psprintf(backup->ctl->pool, "\"%s\" already exists\n  Try again in a second.", path)
                              : dump(backup, fd, partial);
    if (!message && fsync(fd) != 0)
        message = describe_error(backup, "write", partial);
    close(fd);
    if (!message)
        message = finish_files(backup, partial, path);
    if (message)
        unlink(partial);
    return message;
}

static const char *back_up_to_command(backup_t *backup)
{
    const char *const argv[] = { "sh", "-c", backup->command, NULL };
    const char *message;
    mt_child_t command;

    setenv("MINITWIT_BACKUP_NAME", backup->name, 1);
    message = mt_ctl_child_start(backup->ctl, argv, MT_CHILD_INPUT, &command);
    if (message)
        return message;
    message = dump(backup, command.fd, backup->command);
    message = mt_ctl_join(backup->ctl, message, mt_ctl_child_finish(backup->ctl, &command));
    if (message)
        return message;
    const char *text = mt_ctl_manifest_format(backup->ctl->pool, &backup->manifest);
    return backup->manifest_path ? save(backup, backup->manifest_path, text) : mt_ctl_print(text);
}

/* 1 if this connection can never write: the server is a standby, or the role may only read. */
static int is_reader(const backup_t *backup)
{
    PGresult *result;
    const char *message =
        mt_plain_run(backup->pg, backup->ctl->pool,
                     "select pg_is_in_recovery() or current_setting('transaction_read_only')::bool or "
                     "not has_table_privilege('public.backup', 'insert, update')",
                     0, NULL, &result);
    int found = !message && PQgetvalue(result, 0, 0)[0] == 't';

    PQclear(result);
    return found;
}

/* Records the time of the backup, by the server's clock, for the metrics and for doctor. It replaces a time in the
 * future, which comes from a wrong clock. Otherwise failed backups would not raise an alert until that time. A database
 * that is not migrated yet may lack the table. */
static const char *record(const backup_t *backup)
{
    char text[MT_TIMESTAMP_SIZE];

    if (backup->manifest.contents.schema_version < FIRST_WITH_BACKUP)
        return NULL;
    const char *values[] = { mt_timestamp_format_rfc3339(text, backup->server_time) };
    const char *message =
        mt_plain_do(backup->pg, backup->ctl->pool,
                    "insert into public.backup (succeeded_at) values ($1) on conflict (only_row) do update set "
                    "succeeded_at = greatest(excluded.succeeded_at, "
                    "case when backup.succeeded_at <= now() then backup.succeeded_at end)",
                    1, values);

    if (message)
        message =
            apr_pstrcat(backup->ctl->pool, "the backup was made, but not recorded for the metrics: ", message, NULL);
    if (message && is_reader(backup)) {
        mt_ctl_complain(backup->ctl, "warning: %s", message);
        return NULL;
    }
    return message;
}

static int is_dump(const char *name)
{
    return apr_fnmatch(STAMP ".dump", name, 0) == APR_SUCCESS;
}

/* An interrupted backup leaves a partial dump, and perhaps its manifest. */
static int is_of_backup(const char *name)
{
    return is_dump(name) || apr_fnmatch(STAMP ".json", name, 0) == APR_SUCCESS ||
           apr_fnmatch(STAMP ".dump.partial", name, 0) == APR_SUCCESS;
}

/* For qsort: the newest backup first. */
static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)right, *(const char *const *)left);
}

/* Returns the newest dump to delete, so that the new one and count - 1 others stay. NULL: all stay. */
static const char *find_surplus(const backup_t *backup, DIR *folder, apr_int64_t count)
{
    apr_array_header_t *others = apr_array_make(backup->ctl->pool, 32, sizeof(const char *));

    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (is_dump(entry->d_name) && strcmp(entry->d_name, backup->name) != 0)
            APR_ARRAY_PUSH(others, const char *) = apr_pstrdup(backup->ctl->pool, entry->d_name);
    }
    rewinddir(folder);
    if (others->nelts < count)
        return NULL;
    qsort(others->elts, (size_t)others->nelts, sizeof(const char *), compare_names);
    return APR_ARRAY_IDX(others, count - 1, const char *);
}

/* Keeps the new backup even if a wrong clock makes it look old. */
static const char *delete_surplus(const backup_t *backup, apr_int64_t count)
{
    DIR *folder = opendir(backup->dir);
    const char *message = NULL;

    if (!folder)
        return describe_error(backup, "read", backup->dir);
    const char *surplus = find_surplus(backup, folder, count);
    for (const struct dirent *entry; surplus && (entry = readdir(folder)) != NULL;) {
        if (!is_of_backup(entry->d_name) || strncmp(entry->d_name, surplus, STAMP_LENGTH) > 0 ||
            strncmp(entry->d_name, backup->name, STAMP_LENGTH) == 0)
            continue;
        const char *path = apr_pstrcat(backup->ctl->pool, backup->dir, "/", entry->d_name, NULL);
        if (unlink(path) == 0)
            printf("deleted %s\n", path);
        else
            message = mt_ctl_join(backup->ctl, message, describe_error(backup, "delete", path));
    }
    closedir(folder);
    return message;
}

/* keep: the number of backups that stay; 0: all. */
static const char *back_up(backup_t *backup, apr_int64_t keep)
{
    char text[MT_TIMESTAMP_SIZE];
    apr_pool_t *pool = backup->ctl->pool;
    apr_time_t now = apr_time_now();
    apr_time_exp_t parts;

    apr_time_exp_gmt(&parts, now);
    backup->name = apr_psprintf(pool, "minitwit-%04d%02d%02dT%02d%02d%02dZ.dump", parts.tm_year + 1900,
                                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    backup->manifest.taken_at = apr_pstrdup(pool, mt_timestamp_format_rfc3339(text, now));
    backup->manifest.server_version = apr_pstrdup(pool, PQparameterStatus(backup->pg, "server_version"));
    /* Before the snapshot, so that the backup has the row, too. */
    mt_ctl_audit_note(backup->ctl, backup->pg, "backup", "", apr_psprintf(pool, "{\"name\":\"%s\"}", backup->name));
    const char *message = backup->dir ? back_up_to_folder(backup) : back_up_to_command(backup);
    if (!message)
        message = record(backup);
    if (message)
        return message;
    if (!backup->dir)
        return NULL;
    printf("%s/%s: %" APR_INT64_T_FMT " bytes, SHA-256 %s\n", backup->dir, backup->name, backup->manifest.bytes,
           backup->manifest.sha256);
    return keep == 0 ? NULL : delete_surplus(backup, keep);
}

int mt_ctl_backup_run(mt_ctl_t *ctl, int argc, char **argv)
{
    backup_t backup = { .ctl = ctl };
    const char *count = NULL;
    apr_int64_t keep = 0;
    const mt_ctl_option_t options[] = {
        { "dir", &backup.dir, NULL },
        { "keep", &count, NULL },
        { "pipe", &backup.command, NULL },
        { "manifest", &backup.manifest_path, NULL },
        { NULL, NULL, NULL },
    };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status != MT_CTL_GO_ON)
        return status;
    if (!backup.dir == !backup.command)
        return mt_ctl_refuse(ctl, "use either --dir or --pipe");
    if (backup.dir ? backup.manifest_path != NULL : count != NULL)
        return mt_ctl_refuse(ctl, "use --keep only with --dir, and --manifest only with --pipe");
    if (count && (!mt_integer_parse(count, &keep) || keep < 1))
        return mt_ctl_refuse(ctl, "--keep must be a number of at least 1");
    /* If a program at a pipe has ended, write() must fail, and no signal may end this program. */
    signal(SIGPIPE, SIG_IGN);
    const char *message = mt_ctl_connect(ctl, &backup.pg);
    if (!message)
        message = back_up(&backup, keep);
    PQfinish(backup.pg);
    return mt_ctl_finish(ctl, message);
}
