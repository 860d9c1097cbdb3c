/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_UNIT_SUITES_H
#define MT_TESTS_UNIT_SUITES_H

#include <check.h>

/* One suite a file of mod_minitwit/core/, in test_<stem>.c (or two of them); main.c runs them all. */
Suite *test_avatar_suite(void);
Suite *test_buffer_suite(void);
Suite *test_cachetable_suite(void);
Suite *test_cookie_suite(void);
Suite *test_credentials_suite(void);
Suite *test_escape_suite(void);
Suite *test_exposition_suite(void);
Suite *test_flash_suite(void);
Suite *test_form_suite(void);
Suite *test_gzip_suite(void);
Suite *test_identifier_suite(void);
Suite *test_integer_suite(void);
Suite *test_json_suite(void);
Suite *test_origin_suite(void);
Suite *test_password_suite(void);
Suite *test_password_foreign_suite(void);
Suite *test_password_wrapped_suite(void);
Suite *test_route_suite(void);
Suite *test_template_suite(void);
Suite *test_template_refusals_suite(void);
Suite *test_throttle_suite(void);
Suite *test_timestamp_suite(void);
Suite *test_token_suite(void);
Suite *test_url_suite(void);
Suite *test_utf8_suite(void);
Suite *test_validate_suite(void);

#endif
