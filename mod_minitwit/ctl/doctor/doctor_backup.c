/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/doctor/doctor.h"

#include "admin/plain.h"
#include "store/value.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* In hours. As in the alert MinitwitBackupTooOld, a daily backup may be two hours late. */
#define AGE_MAX 26

#define REMEDY                                                                                                         \
    "Run \"minitwitctl backup --dir FOLDER\" each day as minitwit_owner, for example with minitwit-backup.timer: "     \
    "see " MT_DOC_DIR "/operations.md."

#define FAILED "Find the cause: journalctl -u minitwit-backup. "

/* Uses the server's clock, like the alert. A new site has a day for its first backup. */
static void examine_last(mt_doctor_t *doctor)
{
    PGresult *result;

    if (mt_ctl_doctor_fails(
            doctor, "backup",
            mt_plain_run(doctor->pg, doctor->pool,
                         "select (select floor(extract(epoch from now() - succeeded_at) / 3600)::bigint "
                         "from public.backup), "
                         "(select min(applied_at) < now() - interval '1 day' from public.schema_version)",
                         0, NULL, &result)))
        return;
    int is_new = *PQgetvalue(result, 0, 1) == 'f';
    if (PQgetisnull(result, 0, 0))
        mt_ctl_doctor_add(doctor, "backup", is_new ? MT_DOCTOR_WARNING : MT_DOCTOR_PROBLEM,
                          "no backup has ever succeeded", REMEDY);
    else {
        apr_int64_t hours = mt_value_integer(result, 0, 0);
        /* A time in the future comes from a wrong clock, and hides that later backups failed. After a failover, the
         * clocks of the two servers may differ a little. */
        if (hours < -1)
            mt_ctl_doctor_add(doctor, "backup", MT_DOCTOR_PROBLEM,
                              apr_psprintf(doctor->pool,
                                           "the last backup is dated %" APR_INT64_T_FMT
                                           " h in the future by the server's clock",
                                           -hours),
                              "Check the server's clock, then make a backup. " REMEDY);
        else
            mt_ctl_doctor_add(doctor, "backup", hours >= AGE_MAX ? MT_DOCTOR_PROBLEM : MT_DOCTOR_OK,
                              apr_psprintf(doctor->pool, "the last backup succeeded %" APR_INT64_T_FMT " h ago", hours),
                              hours >= AGE_MAX ? FAILED REMEDY : NULL);
    }
    PQclear(result);
}

/* Returns the newest dump by the time in its name, or NULL if there is none or the folder cannot be read. */
static const char *find_newest(const mt_doctor_t *doctor, const char *folder)
{
    const char *newest = NULL;
    DIR *dir = opendir(folder);

    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (apr_fnmatch("minitwit-*T*Z.dump", entry->d_name, 0) == APR_SUCCESS &&
            (!newest || strcmp(entry->d_name, newest) > 0))
            newest = apr_pstrdup(doctor->pool, entry->d_name);
    }
    if (dir)
        closedir(dir);
    return newest;
}

static void examine_newest(mt_doctor_t *doctor, const char *folder, apr_uint64_t available)
{
    const char *newest = find_newest(doctor, folder);
    struct stat info;

    if (!newest || stat(apr_pstrcat(doctor->pool, folder, "/", newest, NULL), &info) != 0) {
        mt_ctl_doctor_add(doctor, "backup folder", MT_DOCTOR_WARNING,
                          apr_pstrcat(doctor->pool, "there is no backup in ", folder, NULL),
                          "Check that this is the right folder. " REMEDY);
        return;
    }
    apr_int64_t hours = apr_time_sec(apr_time_now()) / 3600 - info.st_mtime / 3600;
    const char *state = apr_psprintf(
        doctor->pool, "the newest backup in %s, %s, is %" APR_INT64_T_FMT " h old and takes %" APR_INT64_T_FMT " bytes",
        folder, newest, hours, (apr_int64_t)info.st_size);
    if (hours < -1)
        mt_ctl_doctor_add(doctor, "backup folder", MT_DOCTOR_WARNING,
                          apr_psprintf(doctor->pool,
                                       "the newest backup in %s, %s, is dated %" APR_INT64_T_FMT " h in the future",
                                       folder, newest, -hours),
                          "Check the machine's clock, then delete or rename the backups that are dated in the future. "
                          "Otherwise --keep deletes newer ones before them.");
    else if (available < (apr_uint64_t)info.st_size)
        mt_ctl_doctor_add(doctor, "backup folder", MT_DOCTOR_PROBLEM,
                          apr_pstrcat(doctor->pool, state, "; the disk has no room for another one of this size", NULL),
                          "Make room: use a smaller --keep or a larger disk.");
    else
        mt_ctl_doctor_add(doctor, "backup folder", hours >= AGE_MAX ? MT_DOCTOR_WARNING : MT_DOCTOR_OK, state,
                          hours >= AGE_MAX ? FAILED REMEDY : NULL);
}

static void examine_folder(mt_doctor_t *doctor, const char *folder)
{
    struct statvfs disk;
    DIR *dir = opendir(folder);

    if (!dir || statvfs(folder, &disk) != 0) {
        mt_ctl_doctor_add(
            doctor, "backup folder", MT_DOCTOR_PROBLEM,
            apr_psprintf(doctor->pool, "could not read \"%s\": %s", folder, strerror(errno)),
            "Run minitwitctl doctor on the machine of this folder, as the account that makes the backups.");
        if (dir)
            closedir(dir);
        return;
    }
    closedir(dir);
    apr_uint64_t unit = disk.f_frsize, available = unit * disk.f_bavail, all = unit * disk.f_blocks;
    int is_full = available < all / 10;
    mt_ctl_doctor_add(doctor, "backup disk", is_full ? MT_DOCTOR_WARNING : MT_DOCTOR_OK,
                      apr_psprintf(doctor->pool,
                                   "%" APR_UINT64_T_FMT " MB of %" APR_UINT64_T_FMT " MB are free on the disk of %s",
                                   available / 1000000, all / 1000000, folder),
                      is_full ? "Make room: " MT_DOC_DIR "/runbooks.md#minitwitdisknearlyfull" : NULL);
    examine_newest(doctor, folder, available);
}

void mt_ctl_doctor_backup_examine(mt_doctor_t *doctor, const mt_doctor_wish_t *wish)
{
    if (doctor->is_schema_known)
        examine_last(doctor);
    if (wish->backups)
        examine_folder(doctor, wish->backups);
}
