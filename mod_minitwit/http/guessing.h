/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_GUESSING_H
#define MT_GUESSING_H

#include "core/throttle.h"
#include "http/request.h"

/* Slows the guessing of passwords down, over all child processes: per account and address, per account, and per address
 * (docs/directives.md has the numbers). Accounts are names as they were typed, whether or not there is such a user. */

/* What one login counts as. */
typedef enum mt_guessing_limit_t {
    MT_GUESSING_PAIR,    /* the account from this address */
    MT_GUESSING_ACCOUNT, /* the account from anywhere */
    MT_GUESSING_ADDRESS, /* any account from this address */
    MT_GUESSING_LIMITS
} mt_guessing_limit_t;

/* One login, from mt_guessing_begin on. */
typedef struct mt_guess_t {
    mt_throttle_rule_t rules[MT_GUESSING_LIMITS];
    apr_uint64_t hashes[MT_GUESSING_LIMITS]; /* find the slots */
    int is_charged[MT_GUESSING_LIMITS];      /* 1: it is counted there */
} mt_guess_t;

/* To be called before the password is compared: counts a wrong one in advance, so that many at once do not slip through.
 * Returns OK, or fails the request with 429 and Retry-After when there were too many. */
int mt_guessing_begin(mt_request_t *request, const char *username, mt_guess_t *guess);

/* The password was right: what this login counted is taken back, the account's count from this address is forgotten, and the
 * address is one that this account is known to use. */
void mt_guessing_succeed(const mt_guess_t *guess);

/* The password was not compared after all: what this login counted is taken back. */
void mt_guessing_cancel(const mt_guess_t *guess);

/* Hook: makes the table. */
apr_status_t mt_guessing_post_config(server_rec *server);

#endif
