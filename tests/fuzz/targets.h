/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_FUZZ_TARGETS_H
#define MT_TESTS_FUZZ_TARGETS_H

#include "fuzz.h"

/* One a header of core, in the file fuzz_NAME.c. */

void fuzz_avatar(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_cookie(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_credentials(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_escape(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_exposition(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_flash(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_form(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_gzip(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_identifier(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_integer(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_json(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_origin(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_password(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_password_foreign(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_password_wrapped(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_route(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_template(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_throttle(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_timestamp(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_token(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_url(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_utf8(apr_pool_t *pool, const char *data, apr_size_t len);
void fuzz_validate(apr_pool_t *pool, const char *data, apr_size_t len);

#endif
