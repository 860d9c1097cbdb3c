/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONFIRM_H
#define MT_CONFIRM_H

#include "ctl/ctl.h"

/* Asks at the terminal of the command before something that cannot be undone. It is a failure if the answer is not
 * "yes", or if there is no terminal. */
const char *mt_ctl_confirm_ask(const char *question);

#endif
