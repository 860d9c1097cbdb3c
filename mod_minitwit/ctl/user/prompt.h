/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROMPT_H
#define MT_PROMPT_H

#include "ctl/ctl.h"

/* The longest line that is taken, and the NUL. */
#define MT_PROMPT_SIZE 1025

/* Asks for a line at the terminal that the command was started from, and does not show what is typed. Returns MT_CTL_GO_ON, or
 * what to exit with once it has said why. A signal that ends the command restores the terminal first. */
int mt_ctl_prompt_ask(const mt_ctl_t *ctl, const char *question, char line[MT_PROMPT_SIZE]);

/* Reads the only line of standard input, with or without its end. Returns as the former. */
int mt_ctl_prompt_read(const mt_ctl_t *ctl, char line[MT_PROMPT_SIZE]);

#endif
