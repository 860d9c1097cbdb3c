/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONFIRM_H
#define MT_CONFIRM_H

#include "ctl/ctl.h"

/* Asks the operator at the terminal to confirm an irreversible step. Fails without a terminal, or if the answer is not
 * "yes". */
const char *mt_ctl_confirm_ask(const char *question);

#endif
