/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_UNIT_SUPPORT_H
#define MT_TESTS_UNIT_SUPPORT_H

#include "core/password.h"

#include <apr_pools.h>
#include <check.h>

/* Each test of a test_support_case() has a new pool. It is NULL between tests. */
extern apr_pool_t *test_pool;

/* The least that libsodium accepts, so that the tests are quick. */
extern const mt_password_cost_t test_cost;

/* Constant, so that the same hashes are within the limits on each machine: up to 8 million iterations of PBKDF2 or
 * rounds of crypt(), 800 MB of scrypt, 8 million kibibytes of Argon2, and cost 16 of bcrypt. */
extern const mt_password_speed_t test_speed;

/* Initialises the libraries that the code under test uses. Call it once, before any suite runs. */
void test_support_initialize(void);

/* Adds to the suite a test case whose tests have test_pool. */
TCase *test_support_case(Suite *suite, const char *name);

/* Returns a string in test_pool that repeats the piece. */
char *test_support_repeat(const char *piece, int times);

#endif
