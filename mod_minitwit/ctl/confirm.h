/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONFIRM_H
#define MT_CONFIRM_H

#include "ctl/ctl.h"

/* Asks, at the terminal that the command was started from, whether to do what cannot be undone. Returns MT_CTL_GO_ON, or what to exit
 * with once it has said why: the answer is not "yes", or there is no terminal. */
int mt_ctl_confirm_ask(const mt_ctl_t *ctl, const char *question);

#endif
