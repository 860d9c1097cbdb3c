/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include <stdlib.h>

int main(void)
{
#define SUITE_FUNCTION(name) test_##name##_suite,
    Suite *(*const suites[])(void) = { SUITES(SUITE_FUNCTION) };
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
