/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CHILD_H
#define MT_CHILD_H

#include "ctl/ctl.h"

#include <sys/types.h>

/* A program that minitwitctl runs. */
typedef struct mt_child_t {
    const char *name;
    pid_t pid;
    int fd; /* our end of the pipe; the caller may close it and set -1 */
} mt_child_t;

typedef enum mt_child_pipe_t {
    MT_CHILD_INPUT, /* we write, the program reads */
    MT_CHILD_OUTPUT /* the program writes, we read */
} mt_child_pipe_t;

/* Starts argv[0], searched in PATH, with a pipe as its standard input or output. It inherits everything else. */
const char *mt_ctl_child_start(const mt_ctl_t *ctl, const char *const *argv, mt_child_pipe_t kind, mt_child_t *child);

/* Writes all data to a pipe or another descriptor. Returns 0 if this fails, with the reason in errno. */
int mt_ctl_child_write(int fd, const char *data, size_t len);

/* Closes our end of the pipe and waits for the program. Fails if the program fails. */
const char *mt_ctl_child_finish(const mt_ctl_t *ctl, mt_child_t *child);

/* Closes our end of the pipe, ends the program, and waits for it. For use after a failure elsewhere. */
void mt_ctl_child_abandon(mt_child_t *child);

#endif
