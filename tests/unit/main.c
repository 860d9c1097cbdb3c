/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include <stdlib.h>

int main(void)
{
    Suite *(*const suites[])(void) = {
        test_avatar_suite,
        test_buffer_suite,
        test_cachetable_suite,
        test_cookie_suite,
        test_credentials_suite,
        test_escape_suite,
        test_exposition_suite,
        test_flash_suite,
        test_form_suite,
        test_gzip_suite,
        test_identifier_suite,
        test_integer_suite,
        test_json_suite,
        test_origin_suite,
        test_password_suite,
        test_password_foreign_suite,
        test_password_wrapped_suite,
        test_route_suite,
        test_template_suite,
        test_template_refusals_suite,
        test_throttle_suite,
        test_timestamp_suite,
        test_token_suite,
        test_url_suite,
        test_utf8_suite,
        test_validate_suite,
    };
    SRunner *runner;
    int failed;

    test_support_initialize();
    runner = srunner_create(NULL);
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        srunner_add_suite(runner, suites[i]());
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
