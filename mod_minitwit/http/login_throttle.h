/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_LOGIN_THROTTLE_H
#define MT_LOGIN_THROTTLE_H

#include "core/throttle.h"
#include "http/request.h"

/* Slows the guessing of passwords down, over all child processes: per account and address, per account, and per address
 * (docs/directives.md has the numbers). Accounts are names as they were typed, whether or not there is such a user. */

/* What one login counts as. */
typedef enum mt_login_throttle_limit_t {
    MT_LOGIN_THROTTLE_PAIR,    /* the account from this address */
    MT_LOGIN_THROTTLE_ACCOUNT, /* the account from anywhere */
    MT_LOGIN_THROTTLE_ADDRESS, /* any account from this address */
    MT_LOGIN_THROTTLE_LIMITS
} mt_login_throttle_limit_t;

/* One login, from mt_login_throttle_begin on. */
typedef struct mt_login_attempt_t {
    mt_throttle_rule_t rules[MT_LOGIN_THROTTLE_LIMITS];
    apr_uint64_t hashes[MT_LOGIN_THROTTLE_LIMITS]; /* find the slots */
    int is_charged[MT_LOGIN_THROTTLE_LIMITS];      /* 1: it is counted there */
} mt_login_attempt_t;

/* To be called before the password is compared: counts a wrong one in advance, so that many at once do not slip
 * through. Returns OK, or fails the request with 429 and Retry-After when there were too many. */
int mt_login_throttle_begin(mt_request_t *request, const char *username, mt_login_attempt_t *attempt);

/* The password was right: what this login counted is taken back, the account's count from this address is forgotten,
 * and the address is one that this account is known to use. */
void mt_login_throttle_succeed(const mt_login_attempt_t *attempt);

/* The password was not compared after all: what this login counted is taken back. */
void mt_login_throttle_cancel(const mt_login_attempt_t *attempt);

/* Hook: makes the table. */
apr_status_t mt_login_throttle_post_config(server_rec *server);

#endif
