/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROMPT_H
#define MT_PROMPT_H

#include "ctl/ctl.h"

/* The longest line plus its NUL. */
#define MT_PROMPT_SIZE 1025

/* Asks for a line at the controlling terminal, without echo. If a signal ends the command meanwhile, the terminal is
 * restored first. Returns NULL, or the message for the operator, like the next function. */
const char *mt_ctl_prompt_ask(const mt_ctl_t *ctl, const char *question, char line[MT_PROMPT_SIZE]);

/* Reads standard input, which must be a single line, with or without a line feed. */
const char *mt_ctl_prompt_read(const mt_ctl_t *ctl, char line[MT_PROMPT_SIZE]);

#endif
