/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/confirm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int mt_ctl_confirm_ask(const mt_ctl_t *ctl, const char *question)
{
    char answer[64];
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        mt_ctl_complain(ctl, "there is no terminal to ask at, so nothing was changed: say --yes if it is meant");
        return MT_CTL_FAILED;
    }
    dprintf(fd, "%s Type \"yes\" to go on: ", question);
    ssize_t len = read(fd, answer, sizeof(answer) - 1);
    close(fd);
    answer[len > 0 ? len : 0] = '\0';
    if (strcmp(answer, "yes\n") == 0)
        return MT_CTL_GO_ON;
    mt_ctl_complain(ctl, "nothing was changed");
    return MT_CTL_FAILED;
}
