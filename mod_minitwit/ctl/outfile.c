/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/outfile.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that a signal handler removes. NULL: none. */
static const char *volatile unfinished;

static void remove_unfinished(int number)
{
    if (unfinished)
        unlink(unfinished);
    /* The signal is blocked until the handler returns. Then its default action ends the program. */
    raise(number);
}

static void catch_signals(void)
{
    static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
    const struct sigaction action = { .sa_handler = remove_unfinished, .sa_flags = (int)SA_RESETHAND };
    struct sigaction former;

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        /* nohup ignores SIGHUP, and so must this program. */
        if (sigaction(signals[i], NULL, &former) == 0 && former.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

static const char *describe(const mt_outfile_t *file)
{
    return apr_psprintf(file->pool, "could not write \"%s\": %s", file->temporary ? file->temporary : file->path,
                        strerror(errno));
}

const char *mt_ctl_outfile_open(apr_pool_t *pool, const char *path, mt_outfile_t *file)
{
    struct stat info;
    /* Renaming onto a symbolic link would replace the link. */
    char *target = realpath(path, NULL);

    *file = (mt_outfile_t){ .pool = pool, .path = apr_pstrdup(pool, target ? target : path) };
    free(target);
    /* /dev/stdout may be a regular file, which others have open. */
    if (strncmp(path, "/dev/", 5) == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode))) {
        file->stream = fopen(path, "we");
        return file->stream ? NULL : describe(file);
    }
    file->temporary = apr_pstrcat(pool, file->path, ".XXXXXX", NULL);
    catch_signals();
    /* mkstemp gives the file the mode 0600. */
    int fd = mkostemp(file->temporary, O_CLOEXEC);
    if (fd < 0)
        return describe(file);
    unfinished = file->temporary;
    file->stream = fdopen(fd, "w");
    return file->stream ? NULL : describe(file);
}

const char *mt_ctl_outfile_close(mt_outfile_t *file, int is_complete)
{
    const char *message = NULL;
    int is_bad = fflush(file->stream) != 0 || ferror(file->stream);

    if (is_bad || (file->temporary && fsync(fileno(file->stream)) != 0))
        message = describe(file);
    if (fclose(file->stream) != 0 && !message)
        message = describe(file);
    if (!file->temporary)
        return message;
    if (!message && is_complete && rename(file->temporary, file->path) != 0)
        message = apr_psprintf(file->pool, "could not rename \"%s\" to \"%s\": %s", file->temporary, file->path,
                               strerror(errno));
    if (message || !is_complete)
        unlink(file->temporary);
    unfinished = NULL;
    return message;
}
