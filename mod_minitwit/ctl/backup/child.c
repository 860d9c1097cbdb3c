/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/backup/child.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *mt_ctl_child_start(const mt_ctl_t *ctl, const char *const *argv, mt_child_pipe_t kind, mt_child_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int ends[2];
    int ours = kind == MT_CHILD_INPUT ? 1 : 0;

    child->name = argv[0];
    child->fd = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return apr_psprintf(ctl->pool, "could not run \"%s\": %s", argv[0], strerror(errno));
    /* This program may ignore SIGPIPE, and gets EPIPE instead. Other programs expect that SIGPIPE ends them. */
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1 - ours], kind == MT_CHILD_INPUT ? STDIN_FILENO : STDOUT_FILENO);
    int error = posix_spawnp(&child->pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1 - ours]);
    if (error) {
        close(ends[ours]);
        return apr_psprintf(ctl->pool, "could not run \"%s\": %s%s", argv[0], strerror(error),
                            error == ENOENT ? "\n  Install it, or add its folder to PATH." : "");
    }
    child->fd = ends[ours];
    return NULL;
}

int mt_ctl_child_write(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno != EINTR)
            return 0;
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        }
    }
    return 1;
}

const char *mt_ctl_child_finish(const mt_ctl_t *ctl, mt_child_t *child)
{
    int status;

    if (child->fd >= 0)
        close(child->fd);
    child->fd = -1;
    while (waitpid(child->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return apr_psprintf(ctl->pool, "could not wait for \"%s\": %s", child->name, strerror(errno));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFEXITED(status))
        return apr_psprintf(ctl->pool, "\"%s\" exited with code %d", child->name, WEXITSTATUS(status));
    return apr_psprintf(ctl->pool, "\"%s\" was terminated by signal %d", child->name, WTERMSIG(status));
}

void mt_ctl_child_abandon(mt_child_t *child)
{
    if (child->fd >= 0)
        close(child->fd);
    child->fd = -1;
    kill(child->pid, SIGTERM);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}
