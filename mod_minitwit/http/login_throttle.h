/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_LOGIN_THROTTLE_H
#define MT_LOGIN_THROTTLE_H

#include "core/throttle.h"
#include "http/request.h"

/* Slows down attempts to guess passwords. Wrong passwords are counted over all child processes, against four limits:
 * per account and address, per account, per address, and per network (docs/directives.md has the numbers). An account
 * is a name as the client sent it, whether or not such a user exists. The algorithm is in core/throttle.h. */

/* The limits that one login counts against. */
typedef enum mt_login_throttle_limit_t {
    MT_LOGIN_THROTTLE_PAIR,    /* the account from this address */
    MT_LOGIN_THROTTLE_ACCOUNT, /* the account from anywhere */
    MT_LOGIN_THROTTLE_ADDRESS, /* any account from this address; for IPv6, from its /64 */
    MT_LOGIN_THROTTLE_NETWORK, /* any account from the /48 of this IPv6 address */
    MT_LOGIN_THROTTLE_LIMITS
} mt_login_throttle_limit_t;

/* One login, from mt_login_throttle_begin on. */
typedef struct mt_login_attempt_t {
    mt_throttle_rule_t rules[MT_LOGIN_THROTTLE_LIMITS];
    apr_uint64_t hashes[MT_LOGIN_THROTTLE_LIMITS]; /* they select the slots */
    int is_charged[MT_LOGIN_THROTTLE_LIMITS];      /* 1: it counts against the limit */
    int count;                                     /* of the limits for this address: without the last one for IPv4 */
} mt_login_attempt_t;

/* Call this before you compare the password. It counts a wrong password in advance, so that many concurrent logins
 * cannot exceed the limits. Returns OK, or fails the request with 429 and Retry-After if a limit is reached. After OK,
 * call one of the next two functions, or neither if the login counts as a wrong password. */
int mt_login_throttle_begin(mt_request_t *request, const char *username, mt_login_attempt_t *attempt);

/* The password is right. Takes back the counts of this login, clears the account's count for this address, and
 * remembers that the account uses the address. */
void mt_login_throttle_succeed(const mt_login_attempt_t *attempt);

/* The password was not compared. Takes back the counts of this login. */
void mt_login_throttle_cancel(const mt_login_attempt_t *attempt);

/* The post_config hook. Makes the table in shared memory. */
apr_status_t mt_login_throttle_post_config(server_rec *server);

#endif
