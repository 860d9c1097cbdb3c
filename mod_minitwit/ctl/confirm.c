/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/confirm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *mt_ctl_confirm_ask(const char *question)
{
    char answer[64];
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return "cannot ask for confirmation without a terminal\n"
               "  Nothing was changed. Use --yes to skip the confirmation.";
    dprintf(fd, "%s Type \"yes\" to go on: ", question);
    ssize_t len = read(fd, answer, sizeof(answer) - 1);
    close(fd);
    answer[len > 0 ? len : 0] = '\0';
    return strcmp(answer, "yes\n") == 0 ? NULL : "cancelled: nothing was changed";
}
