/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROMPT_H
#define MT_PROMPT_H

#include "ctl/ctl.h"

/* The longest line that is taken, and the NUL. */
#define MT_PROMPT_SIZE 1025

/* Asks for a line at the terminal of the command, and does not show the input. A signal that ends the command restores
 * the terminal first. */
const char *mt_ctl_prompt_ask(const mt_ctl_t *ctl, const char *question, char line[MT_PROMPT_SIZE]);

/* Reads the only line of standard input, with or without its end. */
const char *mt_ctl_prompt_read(const mt_ctl_t *ctl, char line[MT_PROMPT_SIZE]);

#endif
